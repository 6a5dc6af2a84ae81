import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, posix } from 'node:path'

/** One file that a browser may ask for, as it was when the hub started. */
export interface PageFile {
  readonly contentType: string
  readonly body: Buffer
  readonly etag: string
}

const PUBLIC = new URL('../public/', import.meta.url)
const BUILT = new URL('../dist/', import.meta.url)
const SDK = 'client/index.js'
const IMPORT = /\bfrom '(\.[^']+)'/g

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
}

/**
 * What the page is made of, by its path on the hub: `public/` at the root, each index.html at its folder, and below
 * `/client/` the built modules of the SDK at the paths that their imports of each other expect. Nothing else can be
 * asked for.
 */
export function readPageFiles(): ReadonlyMap<string, PageFile> {
  const own = (readdirSync(PUBLIC, { recursive: true }) as string[]).map((name) => name.replaceAll('\\', '/'))
  const served = own.filter((name) => extname(name) in CONTENT_TYPES)
  return new Map([
    ...served.map((name) => [`/${name.replace(/\/?index\.html$/, '')}`, readPageFile(new URL(name, PUBLIC))] as const),
    ...sdkModules().map((name) => [`/client/${name}`, readPageFile(new URL(name, BUILT))] as const),
  ])
}

/** The SDK's entry and all that it imports, directly or not. A checkout that was never built has none. */
function sdkModules(): readonly string[] {
  if (!existsSync(new URL(SDK, BUILT))) return []
  const found = new Set([SDK])
  for (const name of found) {
    const text = readFileSync(new URL(name, BUILT), 'utf8')
    for (const [, specifier = ''] of text.matchAll(IMPORT)) {
      found.add(posix.join(posix.dirname(name), specifier))
    }
  }
  return [...found]
}

function readPageFile(file: URL): PageFile {
  const body = readFileSync(file)
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  return { contentType: CONTENT_TYPES[extname(file.pathname)] ?? 'application/octet-stream', body, etag }
}
