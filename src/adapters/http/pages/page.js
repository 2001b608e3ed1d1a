// What only a reader's own browser knows. Pages are whole without it.

/** In ms. */
const LONGEST_LOOK = 15_000

const near = document.getElementById('near')
const locate = document.getElementById('locate')

if (locate !== null && 'geolocation' in navigator) {
  locate.hidden = false
  locate.addEventListener('click', () => {
    locate.disabled = true
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        // A hundred metres are near enough, and more is no business of ours.
        near.value = `${coords.latitude.toFixed(3)},${coords.longitude.toFixed(3)}`
        // Who comes back to this page may press it again.
        locate.disabled = false
        near.form.submit()
      },
      unknown,
      { timeout: LONGEST_LOOK, maximumAge: 60_000 },
    )
  })
}

function unknown() {
  locate.textContent = 'Your browser does not say where you are'
}

/** In ms: no longer after a computer has slept. */
const MOST_WAITED = 30_000

const now = document.getElementById('now')
if (now !== null) tellWhetherOpen()

/** Of the instants in the page, and again when the next of them comes. */
function tellWhetherOpen() {
  const at = Date.now()
  const days = Array.from(document.querySelectorAll('[data-opens]'), ({ dataset }) => ({
    ...dataset,
    from: Date.parse(dataset.opens),
    to: Date.parse(dataset.closes),
  }))
  const open = days.find(({ from, to }) => from <= at && at < to)
  const next = days.find(({ from }) => at < from)
  now.textContent = open?.open ?? next?.next ?? ''
  now.hidden = now.textContent === ''
  now.className = open === undefined ? '' : 'open'
  const changes = days.flatMap(({ from, to }) => [from, to]).filter((instant) => instant > at)
  if (changes.length > 0)
    setTimeout(tellWhetherOpen, Math.min(MOST_WAITED, ...changes.map((instant) => instant - at)))
}
