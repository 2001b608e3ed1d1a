/** Real data has blanks in front, behind and doubled, and now and then a control character. */
export function tidy(cell = ''): string {
  return cell
    .replace(/[\p{Cc}\u00a0]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}
