import { readFileSync } from 'node:fs'

/** As package.json says it, both from source and from the built files. */
export const VERSION: string = (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version
