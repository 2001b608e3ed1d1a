import { writeFile } from 'node:fs/promises'
import openapiTypes, { astToString } from 'openapi-typescript'
import { DOCUMENT } from '../../support/api-document.ts'

/** The client's types, made from the API's document. */
export const TYPES_FILE = new URL('api.d.ts', import.meta.url)

// A field with a default may be left out.
const OPTIONS = { defaultNonNullable: false }

export async function generateTypes(): Promise<string> {
  const ast = await openapiTypes(JSON.stringify(DOCUMENT), OPTIONS)
  return `// Made from the API's document: \`npm run api:client\` makes it anew.\n\n${astToString(ast)}`
}

if (import.meta.main) await writeFile(TYPES_FILE, await generateTypes())
