import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import { HubError } from '../errors.ts'

const BODY_BYTES = 256 * 1024
const BODY_MS = 30_000

/**
 * Reads a JSON body of bounded size. `requireType` wants it declared as JSON, which a foreign web page cannot do
 * without asking first. Throws a HubError: `unsupported_media_type`, `payload_too_large`, `invalid_json`.
 */
export async function readJson(c: Context, { requireType, maxBytes = BODY_BYTES }: { requireType: boolean; maxBytes?: number }): Promise<unknown> {
  const type = c.req.header('content-type') ?? ''
  if (requireType && !/^application\/(?:[\w.+-]+\+)?json\b/i.test(type)) {
    throw new HubError('unsupported_media_type', 'The body has to be JSON', { hint: 'Send it with Content-Type: application/json' })
  }
  if (Number(c.req.header('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes)
  // A body that trickles in must not hold a connection for ever.
  const bindings: Partial<HttpBindings> | undefined = c.env
  const timer = setTimeout(() => bindings?.incoming?.destroy(), BODY_MS)
  const text = await readText(c.req.raw.body, maxBytes).catch(asBrokenOff).finally(() => clearTimeout(timer))
  if (text.trim() === '') throw new HubError('invalid_json', 'There is no body', { hint: 'Send a JSON object' })
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new HubError('invalid_json', `The body is not JSON: ${error instanceof Error ? error.message.slice(0, 120) : ''}`, {
      hint: 'Send a JSON object, in UTF-8',
    })
  }
}

async function readText(body: ReadableStream<Uint8Array> | null, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.length
    if (size > maxBytes) throw tooLarge(maxBytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function tooLarge(maxBytes: number): HubError {
  return new HubError('payload_too_large', `The body is larger than ${maxBytes / 1024} KiB`, {
    hint: 'Send media with PUT /api/uploads/:name and name it as a source',
  })
}

/** What breaks off while it is read is the sender's doing, and none of the operator's business. */
function asBrokenOff(error: unknown): never {
  if (error instanceof HubError) throw error
  throw new HubError('invalid_json', 'The body broke off before its end', { hint: 'Send the whole body again', cause: error })
}
