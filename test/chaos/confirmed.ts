/** Begins the line in which a process of the chaos run tells how it came to answer a write. */
export const CONFIRMED = 'confirmed: '
