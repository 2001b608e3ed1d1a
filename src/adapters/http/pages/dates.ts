/**
 * English as it is written in a country, with its hours and its order of day and month. Where it has no English of its
 * own, it writes the day first and counts to 24, as most do.
 */
export function localeOf(country: string): string {
  if (!/^[A-Z]{2}$/.test(country)) return 'en'
  const locale = `en-${country}`
  return new Intl.DateTimeFormat(locale).resolvedOptions().locale === locale ? locale : 'en-GB'
}

/** `Saturday, December 5` */
export function dateName(date: string, country: string): string {
  const options = { weekday: 'long', month: 'long', day: 'numeric' } as const
  return Temporal.PlainDate.from(date).toLocaleString(localeOf(country), options)
}

/** `8:00 AM – 1:00 PM` */
export function hoursName(
  hours: { readonly opens: string; readonly closes: string },
  country: string,
): string {
  return `${timeName(hours.opens, country)} – ${timeName(hours.closes, country)}`
}

/** `8:00 AM` */
export function timeName(time: string, country: string): string {
  const options = { hour: 'numeric', minute: '2-digit' } as const
  return Temporal.PlainTime.from(time).toLocaleString(localeOf(country), options)
}

/** `Pacific Time`, the same all year; the name of the zone where it has no other. */
export function zoneName(timeZone: string): string {
  try {
    const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longGeneric' })
    return format.formatToParts(0).find(({ type }) => type === 'timeZoneName')?.value ?? timeZone
  } catch {
    return timeZone
  }
}
