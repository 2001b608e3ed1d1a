import { html } from 'ghtml'

/** The longest city name that a market can have. */
const LONGEST = 120

/** A search by city that needs no script. */
export function searchForm(city: string): string {
  return html`<search><form action="/" method="get">
<label for="city">City</label>
<div class="field"><input id="city" name="city" type="search" value="${city}" maxlength="${LONGEST}" placeholder="Portland" autocomplete="address-level2" enterkeyhint="search"><button type="submit">Search</button></div>
</form></search>`
}
