const CENSOR = '[redacted]'

/**
 * What must not be in a log line, wherever it came from: a field of an object three levels down, a driver's message
 * that quotes its URL, a header that was logged whole. So the finished line is searched, not a list of paths.
 */
const SECRETS = new RegExp(
  [
    // A field that is called a secret: its text, or its list of texts.
    String.raw`(?<field>"(?:authorization|proxy-authorization|cookie|set-cookie|password|password_?hash|token|secret|jwt_?secret)":)(?:"(?:[^"\\]|\\.)*"|\[[^\]]*\])`,
    // User and password in a URL, up to the last @ before its path: passwords hold what they like. What is looked for
    // begins with the colon: to look for a scheme at every word would take three times as long.
    String.raw`(?<slashes>:\/\/)[^\s"/]*@`,
    String.raw`(?<bearer>\bBearer )[\w.~+/-]+=*`,
    String.raw`\beyJ[\w-]+\.[\w-]+\.[\w-]+`,
    String.raw`\$argon2[\w$=,+/.-]+`,
  ].join('|'),
  'gi',
)

/** Takes secrets out of a log line. @param line one line of JSON, which it stays */
export function redact(line: string): string {
  return line.replace(SECRETS, (...found) => {
    const { field, slashes, bearer } = found.at(-1) as Record<string, string | undefined>
    if (field !== undefined) return `${field}"${CENSOR}"`
    if (slashes !== undefined) return `${slashes}${CENSOR}@`
    return `${bearer ?? ''}${CENSOR}`
  })
}
