// The operator's page: draws the snapshots that /admin/live sends every second. Runs in the browser, as it is.

const HISTORY = 120
/** Tags shown of one invalidation. */
const FEW_TAGS = 3
/** Without an event for this long, in ms, what is shown is no longer now. */
const SILENCE_MS = 3000
/** Until a stream that was refused is asked for again, in ms. */
const RETRY_MS = 2000

const byId = (id) => document.getElementById(id)
const number = new Intl.NumberFormat('en')
const history = new Map()
let previous
let lastEventAt = performance.now()

connect()
setInterval(() => {
  const live = performance.now() - lastEventAt < SILENCE_MS
  byId('link').textContent = live ? 'live' : 'no answer from this instance'
  byId('link').className = live ? 'good' : 'bad'
}, 500)

function connect() {
  const events = new EventSource('/admin/live')
  events.onmessage = ({ data }) => {
    lastEventAt = performance.now()
    const now = JSON.parse(data)
    // A stream that was opened anew may be another instance's, whose counts began elsewhere.
    if (now.instance !== previous?.instance) {
      previous = undefined
      history.clear()
    }
    show(now, previous ?? now)
    previous = now
  }
  // A browser opens a stream that broke by itself, but gives up where the answer is none: a session that has ended, or
  // a proxy's 502 while the instance starts again.
  events.onerror = async () => {
    if (events.readyState !== EventSource.CLOSED) return
    const status = await fetch('/admin/live', { method: 'HEAD' }).then(
      (answer) => answer.status,
      () => undefined,
    )
    if (status === 401) location.assign('/admin/sign-in')
    else setTimeout(connect, RETRY_MS)
  }
}

function show(now, before) {
  byId('instance').textContent = now.instance
  const seconds = Math.max(0.5, (Date.parse(now.at) - Date.parse(before.at)) / 1000)
  showState(now)
  showPlots(now, before, seconds)
  byId('views').replaceChildren(...viewsOf(now).map((view) => viewRow(view, now, before, seconds)))
  byId('routes').replaceChildren(...now.latencies.toSorted(byRequests).map(routeRow))
  byId('invalidations').replaceChildren(...now.invalidations.map(invalidationRow))
  byId('nothing-invalidated').hidden = now.invalidations.length > 0
  showShadow(now)
}

function showState({ cache, database, lease, holders, pending, loadsInFlight }) {
  const breaker = cache.breaker === 'none' ? '' : `, breaker ${cache.breaker}`
  byId('state').replaceChildren(
    tile(
      `Cache (${cache.name})`,
      (cache.problem?.message ?? (cache.connected ? 'connected' : 'out of reach')) + breaker,
      cache.connected && !cache.problem && cache.breaker !== 'open' && cache.breaker !== 'half-open',
      'cache',
    ),
    tile('PostgreSQL', database === null ? 'serves' : database.says, database === null, 'database'),
    tile(
      'Lease',
      lease.held
        ? `held, ${ms(lease.ageMs)} old`
        : database === null
          ? 'none: reads go to PostgreSQL'
          : 'none: what is cached is served marked',
      lease.held,
    ),
    tile(
      'Pending invalidations',
      pending.rows === 0 ? 'none' : `${pending.rows}, oldest ${ms(pending.oldestMs)}`,
      pending.rows === 0,
    ),
    tile(
      'Holders',
      holders.length === 0 ? 'none' : holders.map(holderText).join('; '),
      holders.every(({ state }) => state === 'active'),
    ),
    tile('Loads in flight', number.format(loadsInFlight)),
    tile(
      'In process',
      `${number.format(cache.entries)} ${cache.entries === 1 ? 'entry' : 'entries'}, ${megabytes(cache.bytes)}`,
    ),
  )
}

/** Writes wait for each of them. */
function holderText({ id, state, acknowledgedMs }) {
  const heard = acknowledgedMs === null ? '' : `, acknowledged ${ms(acknowledgedMs)} ago`
  return `${id}${state === 'active' ? '' : ` ${state}`}${heard}`
}

function showPlots(now, before, seconds) {
  const reads = total(now.reads) - total(before.reads)
  const hits = total(hitsOf(now.reads)) - total(hitsOf(before.reads))
  const fills = total(now.fills) - total(before.fills)
  const writes = total(now.writes) - total(before.writes)
  byId('plots').replaceChildren(
    plot('Hit ratio', 'hits', reads === 0 ? undefined : hits / reads, percent, 1),
    plot('Reads per second', 'reads', reads / seconds, rate),
    plot('Fills per second', 'fills', fills / seconds, rate),
    plot('Writes per second', 'writes', writes / seconds, rate),
    plot('Lease age', 'lease', now.lease.ageMs ?? undefined, ms),
    plot('Pending invalidations', 'pending', now.pending.rows, number.format),
  )
}

function viewRow(view, now, before, seconds) {
  const of = (rows) => rows.filter((row) => row.view === view)
  const reads = of(now.reads)
  const result = (name) => reads.filter((row) => row.result === name)
  const recent = total(reads) - total(of(before.reads))
  const recentHits = total(hitsOf(reads)) - total(hitsOf(of(before.reads)))
  const [load] = of(now.loads)
  const ratio = remember(`view ${view}`, recent === 0 ? undefined : recentHits / recent)
  const tiers = hitsOf(reads).map(({ detail, count }) => `${detail} ${number.format(count)}`)
  return row(
    view,
    number.format(total(reads)),
    rate(recent / seconds),
    `${percent(total(hitsOf(reads)) / Math.max(1, total(reads)))}${tiers.length ? ` (${tiers.join(', ')})` : ''}`,
    spark(ratio, 1, `hit ratio of ${view}`),
    number.format(total(result('miss'))),
    listed(result('bypass'), 'detail'),
    number.format(total(result('unverified'))),
    listed(of(now.fills), 'outcome'),
    load ? ms(load.p50Ms) : '–',
    load ? ms(load.p99Ms) : '–',
  )
}

function routeRow({ method, route, requests, failures, p50Ms, p99Ms }) {
  const name = `${method} ${route}`
  const p99 = remember(`route ${name}`, p99Ms)
  const cells = row(name, number.format(requests), number.format(failures), ms(p50Ms), ms(p99Ms))
  cells.append(cell(spark(p99, Math.max(...present(p99)), `p99 of ${name}`)))
  if (failures > 0) cells.children[2].className = 'bad'
  return cells
}

function invalidationRow({ at, causes, confirmation, waitedFor, waitedMs, tags }) {
  const cells = row(
    at.slice(11, 23),
    [...new Set(causes)].join(', '),
    waitedFor === undefined ? confirmation : `${confirmation}, for ${waitedFor}`,
    ms(waitedMs),
    tagList(tags),
  )
  if (confirmation !== 'invalidated') cells.children[2].className = 'bad'
  return cells
}

/** A write to a busy market has dozens of tags: the first few tell what it was. */
function tagList(tags) {
  const rest = tags.length - FEW_TAGS
  const list = element('span', tags.slice(0, FEW_TAGS).join(' '))
  if (rest > 0) list.append(element('small', ` and ${rest} more`))
  list.title = tags.join('\n')
  return list
}

function showShadow({ shadow, violations }) {
  byId('shadow').hidden = shadow.length === 0
  byId('shadow-summary').textContent = shadow
    .map(({ outcome, count }) => `${outcome}: ${number.format(count)}`)
    .join(' · ')
  byId('violations').replaceChildren(
    ...violations.map(({ at, key, tags, served, found }) =>
      element(
        'li',
        `${at} ${key}: served ${served || 'nothing'}, the database says ${found || 'nothing'} (${tags.join(' ')})`,
      ),
    ),
  )
}

byId('explain').addEventListener('submit', (event) => {
  event.preventDefault()
  ask(`/admin/explain?path=${encodeURIComponent(byId('path').value)}`)
})

byId('invalidate').addEventListener('submit', (event) => {
  event.preventDefault()
  tell('/admin/invalidate', { tags: byId('tags').value.trim().split(/\s+/) })
})

byId('assign').addEventListener('submit', (event) => {
  event.preventDefault()
  // Of an address that was copied whole, the last part.
  const slug = byId('slug').value.trim().replace(/[/]+$/, '').split('/').at(-1)
  tell('/admin/assign', { slug, email: byId('email').value })
})

function tell(path, body) {
  ask(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

async function ask(url, request) {
  const answer = byId('answer')
  answer.replaceChildren(element('p', '…'))
  try {
    const response = await fetch(url, request)
    const body = await response.json()
    answer.replaceChildren(response.ok ? described(body) : problem(body))
  } catch (error) {
    answer.replaceChildren(element('p', String(error), 'bad'))
  }
}

function problem({ detail, errors = [] }) {
  return element(
    'p',
    [detail, ...errors.map(({ path, message }) => `${path}: ${message}`)].join(' — '),
    'bad',
  )
}

/** An answer as a list of its fields, nested ones too. */
function described(value) {
  if (typeof value === 'number') return document.createTextNode(String(Math.round(value * 10) / 10))
  if (value === null || typeof value !== 'object') return document.createTextNode(String(value ?? '–'))
  const list = element('dl')
  for (const [name, field] of Object.entries(value)) {
    const definition = element('dd')
    definition.append(described(field))
    list.append(element('dt', name), definition)
  }
  return list
}

// — small parts —

function viewsOf({ reads, fills }) {
  return [...new Set([...reads, ...fills].map(({ view }) => view))].sort()
}

function hitsOf(reads) {
  return reads.filter(({ result }) => result === 'hit')
}

function total(rows) {
  return rows.reduce((sum, { count }) => sum + count, 0)
}

function listed(rows, field) {
  return rows.map((each) => `${each[field]} ${number.format(each.count)}`).join(', ') || '0'
}

function byRequests(a, b) {
  return b.requests - a.requests
}

/** Adds a value to a series of the last two minutes; undefined leaves a gap. */
function remember(name, value) {
  const series = history.get(name) ?? []
  series.push(value)
  if (series.length > HISTORY) series.shift()
  history.set(name, series)
  return series
}

function present(series) {
  return series.filter((value) => value !== undefined)
}

function tile(title, text, good, id) {
  const box = element('div', undefined, good === undefined ? '' : good ? 'good' : 'bad')
  if (id !== undefined) box.id = id
  box.append(element('dt', title), element('dd', text))
  return box
}

function plot(title, name, value, format, top) {
  const series = remember(name, value)
  const most = top ?? Math.max(...present(series), 0)
  const box = element('figure')
  const latest = present(series).at(-1)
  box.append(element('figcaption', `${title}: ${latest === undefined ? '–' : format(latest)}`))
  box.append(spark(series, most, title))
  return box
}

/** A line over the last two minutes, from 0 to `top`; the newest value is on the right. */
function spark(series, top, label) {
  const [width, height] = [HISTORY, 30]
  const svg = svgElement('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label })
  svg.setAttribute('preserveAspectRatio', 'none')
  const scale = top > 0 ? top : 1
  let line = ''
  let drawing = false
  series.forEach((value, i) => {
    if (value === undefined) {
      drawing = false
      return
    }
    const x = width - series.length + i + 0.5
    const y = height - 1 - (Math.min(value, scale) / scale) * (height - 2)
    line += `${drawing ? 'L' : 'M'}${x} ${y.toFixed(1)}`
    // A single value between two gaps would not be seen.
    if (!drawing) line += 'h0.5'
    drawing = true
  })
  svg.append(svgElement('path', { d: line, 'vector-effect': 'non-scaling-stroke' }))
  return svg
}

function svgElement(name, attributes) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  return made
}

function row(...contents) {
  const made = element('tr')
  made.append(...contents.map(cell))
  return made
}

function cell(content) {
  const made = element('td')
  made.append(content)
  return made
}

/** `text` never becomes markup. */
function element(name, text, className = '') {
  const made = document.createElement(name)
  if (text !== undefined) made.textContent = text
  if (className !== '') made.className = className
  return made
}

function ms(value) {
  return value < 10
    ? `${value.toFixed(1)} ms`
    : value < 10_000
      ? `${Math.round(value)} ms`
      : `${Math.round(value / 1000)} s`
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`
}

function rate(perSecond) {
  return perSecond < 10 ? perSecond.toFixed(1) : number.format(Math.round(perSecond))
}

function megabytes(bytes) {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`
}
