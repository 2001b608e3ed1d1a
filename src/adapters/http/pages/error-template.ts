import { html } from 'ghtml'
import { layout } from './layout.ts'
import { searchForm } from './search-form.ts'

export interface ErrorPage {
  readonly status: number
  readonly title: string
  readonly detail: string
}

/** An error for people: what is wrong, and a way on. */
export function errorTemplate({ status, title, detail }: ErrorPage): string {
  return layout({
    title: `${title} · Marketflow`,
    indexed: false,
    verified: false,
    main: html`<div class="hero">
<p class="status">${status}</p>
<h1>${title}</h1>
<p>${detail}</p>
!${searchForm('')}
<p><a href="/">See all markets</a></p>
</div>`,
  })
}
