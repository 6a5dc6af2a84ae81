import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { type Context, Hono } from 'hono'
import { type PageFile, readPageFiles } from './page-files.ts'

/** The web page at `/`, with the modules of the SDK below `/client/`. */
export function pageRoutes(): Hono {
  const app = new Hono()
  for (const [path, file] of readPageFiles()) {
    const encoded = encodings(file)
    app.get(path, (c) => sendPageFile(c, file, encoded))
  }
  return app
}

/** Nothing but this hub's own files, and what scripts of it make; `'self'` covers its WebSockets too. */
const POLICY = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' blob: data:", "media-src 'self' blob:",
  "connect-src 'self'", "form-action 'none'", "base-uri 'none'", "frame-ancestors 'none'",
].join('; ')

type Encoding = 'br' | 'gzip'

async function sendPageFile(c: Context, file: PageFile, encoded: (encoding: Encoding) => Promise<Buffer>): Promise<Response> {
  const headers = {
    'Content-Type': file.contentType, ETag: file.etag, 'Cache-Control': 'no-cache', Vary: 'Accept-Encoding',
    'X-Content-Type-Options': 'nosniff', 'Content-Security-Policy': POLICY,
  }
  if (namesTag(c.req.header('if-none-match'), file.etag)) return c.body(null, 304, headers)
  const encoding = encodingFor(c.req.header('accept-encoding'))
  if (!encoding) return c.body(new Uint8Array(file.body), 200, headers)
  return c.body(new Uint8Array(await encoded(encoding)), 200, { ...headers, 'Content-Encoding': encoding })
}

/** Each made when it is first asked for, and kept. */
function encodings({ body }: PageFile): (encoding: Encoding) => Promise<Buffer> {
  const made = new Map<Encoding, Promise<Buffer>>()
  return (encoding) => {
    const known = made.get(encoding)
    if (known) return known
    const making = ENCODERS[encoding](body)
    made.set(encoding, making)
    return making
  }
}

const ENCODERS: Readonly<Record<Encoding, (body: Buffer) => Promise<Buffer>>> = {
  br: (body) => promisify(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  gzip: (body) => promisify(gzip)(body, { level: 9 }),
}

function encodingFor(accepted = ''): Encoding | undefined {
  const taken = accepted.split(',').map((part) => part.trim().toLowerCase()).filter((part) => !/;\s*q=0(?:\.0*)?$/.test(part))
  return (['br', 'gzip'] as const).find((encoding) => taken.some((part) => part.split(';', 1)[0] === encoding))
}

/** A proxy that compresses marks the tag as weak. */
function namesTag(wanted: string | undefined, etag: string): boolean {
  return wanted === '*' || (wanted?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag) ?? false)
}
