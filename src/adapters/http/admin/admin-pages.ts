import { html } from 'ghtml'

/** No inline script or style, nothing from another host, no frame around it. */
export const ADMIN_HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Cache-Control': 'no-store',
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Frame-Options': 'DENY',
} as const

export function signInPage(problem?: string): string {
  return layout(
    'Sign in',
    html`
      <main class="sign-in">
        <h1>Marketflow</h1>
        <form method="post" action="/admin/sign-in">
          <input name="username" autocomplete="username" value="operator" hidden>
          <label for="token">Operator's token</label>
          <input id="token" name="token" type="password" autocomplete="current-password" required autofocus
            aria-describedby="problem">
          <p id="problem" class="bad" role="alert">${problem ?? ''}</p>
          <button>Sign in</button>
        </form>
      </main>`,
  )
}

/** What the script fills: without it the page says so. */
export function consolePage(): string {
  return layout(
    'Operations',
    html`
      <header>
        <h1>Marketflow <small id="instance"></small></h1>
        <p id="link" role="status">connecting…</p>
        <form method="post" action="/admin/sign-out"><button class="quiet">Sign out</button></form>
      </header>
      <main>
        <noscript><p class="bad">This page is live: it needs its script. The same numbers: /metrics</p></noscript>
        <section aria-labelledby="state-title">
          <h2 id="state-title">State</h2>
          <dl id="state" class="tiles"></dl>
        </section>
        <section aria-labelledby="plots-title">
          <h2 id="plots-title">Last two minutes</h2>
          <div id="plots" class="tiles"></div>
        </section>
        <section>
          <h2 id="views-title">Views</h2>
          <div class="scroll" tabindex="0" role="region" aria-labelledby="views-title">
            <table>
              <thead><tr><th scope="col">View<th scope="col">Reads<th scope="col">Reads/s<th scope="col">Hits
                <th scope="col">Last two minutes<th scope="col">Misses<th scope="col">Bypasses
                <th scope="col">Unverified<th scope="col">Fills<th scope="col">Fill p50<th scope="col">Fill p99</tr></thead>
              <tbody id="views"></tbody>
            </table>
          </div>
        </section>
        <section>
          <h2 id="routes-title">Routes</h2>
          <div class="scroll" tabindex="0" role="region" aria-labelledby="routes-title">
            <table>
              <thead><tr><th scope="col">Route<th scope="col">Requests<th scope="col">Failed<th scope="col">p50
                <th scope="col">p99<th scope="col">p99, last two minutes</tr></thead>
              <tbody id="routes"></tbody>
            </table>
          </div>
        </section>
        <section>
          <h2 id="invalidations-title">Recent invalidations</h2>
          <div class="scroll tall" tabindex="0" role="region" aria-labelledby="invalidations-title">
            <table>
              <thead><tr><th scope="col">At<th scope="col">Cause<th scope="col">Confirmed
                <th scope="col">Waited<th scope="col">Tags</tr></thead>
              <tbody id="invalidations"></tbody>
            </table>
            <p id="nothing-invalidated" hidden>Nothing was written here since this instance started.</p>
          </div>
        </section>
        <section id="shadow" aria-labelledby="shadow-title">
          <h2 id="shadow-title">Shadow check</h2>
          <p id="shadow-summary"></p>
          <ul id="violations" class="bad"></ul>
        </section>
        <section aria-labelledby="tools-title" class="tools">
          <h2 id="tools-title">Ask, invalidate, assign</h2>
          <form id="explain">
            <label for="path">A path of page or API</label>
            <input id="path" name="path" placeholder="/markets?city=lisbon" required>
            <button>Explain</button>
          </form>
          <form id="invalidate">
            <label for="tags">Tags, with spaces between</label>
            <input id="tags" name="tags" placeholder="markets:active" required>
            <button>Invalidate</button>
          </form>
          <form id="assign">
            <label for="slug">A listed market’s address, <code>/m/…</code></label>
            <input id="slug" name="slug" placeholder="lincoln-park-market-chicago" required>
            <label for="email">Its organizer’s e-mail address</label>
            <input id="email" name="email" type="email" autocomplete="off" required>
            <button>Assign</button>
          </form>
          <output id="answer" aria-live="polite"></output>
        </section>
      </main>
      <script type="module" src="/admin/console.js"></script>`,
  )
}

/** `content` is HTML that was escaped where it was made. */
function layout(title: string, content: string): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="robots" content="noindex">
        <title>${title} · Marketflow</title>
        <link rel="icon" href="data:,">
        <link rel="stylesheet" href="/admin/console.css">
      </head>
      <body>!${content}</body>
    </html>`
}
