/** Preloaded into every server: tells the process that started it how much CPU time the process has used, when asked. */
process.on('message', (question) => {
  if (question === 'cpu') process.send?.(process.cpuUsage())
})
// A way to ask must not keep a server alive that has nothing else to do.
process.channel?.unref()
