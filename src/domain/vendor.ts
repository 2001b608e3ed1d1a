import { PRODUCTS, type Product } from './products.ts'

/** The longest texts, in characters. */
export const VENDOR_LIMITS = { businessName: 120, category: 120, description: 2000, website: 500 } as const

export interface VendorProps {
  id: string
  businessName: string
  category: string
  description: string
  website: string
  products: readonly Product[]
  createdAt: Date
}

export type VendorChanges = Partial<
  Pick<VendorProps, 'businessName' | 'category' | 'description' | 'website' | 'products'>
>

/** A business that sells at markets. */
export class Vendor {
  readonly id: string
  businessName: string
  category: string
  description: string
  website: string
  /** What it sells: each once, in the order of `PRODUCTS`. */
  products: readonly Product[]
  readonly createdAt: Date
  updatedAt: Date

  constructor(props: VendorProps) {
    this.id = props.id
    this.businessName = props.businessName
    this.category = props.category
    this.description = props.description
    this.website = props.website
    this.products = inOrder(props.products)
    this.createdAt = props.createdAt
    this.updatedAt = props.createdAt
  }

  /** Changes the profile; absent fields stay as they are. */
  edit(changes: VendorChanges, now: Date): void {
    this.businessName = changes.businessName ?? this.businessName
    this.category = changes.category ?? this.category
    this.description = changes.description ?? this.description
    this.website = changes.website ?? this.website
    this.products = changes.products === undefined ? this.products : inOrder(changes.products)
    this.updatedAt = now
  }
}

function inOrder(products: readonly Product[]): Product[] {
  return PRODUCTS.filter((each) => products.includes(each))
}

/** Whose the applications are of vendors who left. */
export const FORMER_VENDOR = {
  id: '6d666c77-0000-4000-8000-000000000003',
  businessName: 'Former vendor',
  category: '',
  description: '',
  website: '',
  products: [],
} as const
