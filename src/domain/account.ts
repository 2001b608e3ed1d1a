export type Role = 'organizer' | 'vendor'

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

/** Who signs in. An organizer's account id is the organizer's id. */
export class Account {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly role: Role
  readonly passwordHash: string
  readonly vendorId: string | null
  readonly createdAt: Date

  constructor(props: AccountProps) {
    this.id = props.id
    this.email = normalizeEmail(props.email)
    this.name = props.name
    this.role = props.role
    this.passwordHash = props.passwordHash
    this.vendorId = props.vendorId
    this.createdAt = props.createdAt
  }
}

/** E-mail addresses are compared without case, as every large mail provider delivers them. */
export function normalizeEmail(email: string): string {
  return email.trim().toLowerCase()
}
