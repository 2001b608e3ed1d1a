export const ROLES = ['organizer', 'vendor'] as const
export type Role = (typeof ROLES)[number]

/** In characters. */
export const ACCOUNT_LIMITS = { email: 254, name: 120, shortestPassword: 12, longestPassword: 128 } as const

export interface AccountProps {
  id: string
  email: string
  name: string
  role: Role
  passwordHash: string
  /** The vendor this account trades as; organizers have none. */
  vendorId: string | null
  createdAt: Date
}

export type AccountChanges = Partial<Pick<AccountProps, 'email' | 'name'>>

/** Who signs in. An organizer's account id is the organizer's id. */
export class Account {
  readonly id: string
  email: string
  name: string
  readonly role: Role
  passwordHash: string
  readonly vendorId: string | null
  readonly createdAt: Date
  /** Counts how often all sessions were ended; a token that was issued under another number is void. */
  sessionEpoch: number

  constructor(props: AccountProps) {
    this.id = props.id
    this.email = normalizeEmail(props.email)
    this.name = props.name
    this.role = props.role
    this.passwordHash = props.passwordHash
    this.vendorId = props.vendorId
    this.createdAt = props.createdAt
    this.sessionEpoch = 0
  }

  /** Absent fields stay as they are. */
  edit({ email = this.email, name = this.name }: AccountChanges): void {
    this.email = normalizeEmail(email)
    this.name = name
  }

  /** Signs out everywhere: every token issued so far is void. */
  endSessions(): void {
    this.sessionEpoch += 1
  }

  /** A thief who knew the old password may hold a token of it, so every session ends. */
  changePassword(passwordHash: string): void {
    this.passwordHash = passwordHash
    this.endSessions()
  }
}

/** E-mail addresses are compared without case, as every large mail provider delivers them. */
export function normalizeEmail(email: string): string {
  return email.trim().toLowerCase()
}

/** Whose the closed markets are of organizers who left. Registration gives out no such id, and takes no such address. */
export const FORMER_ORGANIZER = {
  id: '6d666c77-0000-4000-8000-000000000002',
  email: 'former-organizer',
  name: 'Former organizer',
} as const
