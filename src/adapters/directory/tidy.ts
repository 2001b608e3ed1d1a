/** Real data has blanks in front, behind and doubled, and now and then a control character or half of one that has two. */
export function tidy(cell = ''): string {
  return cell
    .toWellFormed()
    .replace(/[\p{Cc}\u00a0]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}
