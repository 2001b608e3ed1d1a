/** The longest texts, in characters. */
export const VENDOR_LIMITS = { businessName: 120, category: 120, description: 2000, website: 500 } as const

export interface VendorProps {
  id: string
  businessName: string
  category: string
  description: string
  website: string
  createdAt: Date
}

export type VendorChanges = Partial<
  Pick<VendorProps, 'businessName' | 'category' | 'description' | 'website'>
>

/** A business that sells at markets. */
export class Vendor {
  readonly id: string
  businessName: string
  category: string
  description: string
  website: string
  readonly createdAt: Date
  updatedAt: Date

  constructor(props: VendorProps) {
    this.id = props.id
    this.businessName = props.businessName
    this.category = props.category
    this.description = props.description
    this.website = props.website
    this.createdAt = props.createdAt
    this.updatedAt = props.createdAt
  }

  /** Changes the profile; absent fields stay as they are. */
  edit(changes: VendorChanges, now: Date): void {
    this.businessName = changes.businessName ?? this.businessName
    this.category = changes.category ?? this.category
    this.description = changes.description ?? this.description
    this.website = changes.website ?? this.website
    this.updatedAt = now
  }
}
