import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseAddressPolicy } from '../../src/fetch/address-policy.ts'
import { download, type DownloadOptions } from '../../src/fetch/download.ts'
import { removeDirectory, temporaryDirectory } from '../running-hub.ts'

const TOKEN = 'X-Amz-Signature=s3cret'
const BODIES: Readonly<Record<string, RequestListener>> = {
  gzip: (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(10_000_000))),
  endless: (_, response) => {
    const more = (error?: Error | null) => void (error ?? response.write(Buffer.alloc(10_000), more))
    more()
  },
  terabyte: (_, response) => void response.writeHead(200, { 'content-length': 1e12 }).write('x'),
  short: (_, response) => void response.writeHead(200, { 'content-length': 1000 }).write('0123456789', () => response.destroy()),
  drip: (_, response) => {
    response.writeHead(200)
    const timer = setInterval(() => response.write('x'), 20)
    response.once('close', () => clearInterval(timer))
  },
  silent: () => undefined,
}

let directory: string
let server: Server
let port: number
/** Of a server that no policy here allows. */
let canary: Server
let canaryPort: number
let connections = 0

beforeAll(async () => {
  directory = await temporaryDirectory()
  server = createServer((request, response) => {
    const [, name = '', target = ''] = /^\/(\w*)(?:\/(.*?))?(?:\?.*)?$/.exec(request.url ?? '') ?? []
    if (name === 'to') response.writeHead(302, { location: Buffer.from(decodeURIComponent(target)).toString('latin1') }).end()
    else if (name === 'round') response.writeHead(302, { location: '/round' }).end()
    else BODIES[name]?.(request, response)
  })
  canary = createServer((_, response) => response.end('SECRET')).on('connection', () => connections++)
  for (const each of [server, canary]) await once(each.listen(0, '127.0.0.1'), 'listening')
  port = (server.address() as AddressInfo).port
  canaryPort = (canary.address() as AddressInfo).port
})
afterAll(async () => {
  for (const each of [server, canary]) {
    each.closeAllConnections()
    each.close()
  }
  await removeDirectory(directory)
})

/** All of them are the canary's. */
const ADDRESSES: readonly (readonly [string, string])[] = [
  ['a literal', '127.0.0.1'], ['another of the same net', '127.1.2.3'], ['decimal', '2130706433'], ['hexadecimal', '0x7f.1'], ['octal', '0177.0.0.1'],
  ['short', '127.1'], ['full-width digits', '①②⑦.⓪.⓪.①'], ['a trailing dot', '127.0.0.1.'], ['unspecified', '0.0.0.0'], ['zero', '0'],
  ['IPv6', '[::1]'], ['unspecified IPv6', '[::]'], ['IPv4-mapped', '[::ffff:127.0.0.1]'], ['IPv4-mapped in hexadecimal', '[::ffff:7f00:1]'],
  ['IPv4-compatible', '[::7f00:1]'], ['NAT64', '[64:ff9b::7f00:1]'], ['6to4', '[2002:7f00:1::]'], ['Teredo', '[2001:0:7f00:1::]'],
  ['metadata of clouds', '169.254.169.254'], ['metadata of one cloud', '168.63.129.16'], ['CGNAT', '100.64.0.1'], ['percent-encoded', '%31%32%37.0.0.1'],
]

describe('an address that is not public is refused and never connected to', () => {
  test.each(ADDRESSES)('given as %s: %s', async (_, host) => {
    expect(await failure(`http://${host}:${canaryPort}/`)).toMatchObject({ code: 'source_refused', message: 'source address not allowed' })
  })

  test.each(ADDRESSES)('as the target of a redirect, as %s: %s', async (_, host) => {
    const url = `http://127.0.0.1:${port}/to/${encodeURIComponent(`http://${host}:${canaryPort}/`)}`
    expect(await failure(url)).toMatchObject({ code: 'source_refused' })
  })

  test.each([
    ['a name', ['127.0.0.1']], ['a name with a public address too', ['93.184.215.14', '127.0.0.1']],
    ['a name with a public IPv6 address too', ['2606:4700::1111', '::1']], ['a name in IPv6', ['::ffff:127.0.0.1']],
  ])('behind %s, whatever it resolved to before', async (_, addresses) => {
    let lookups = 0
    const lookup = async () => {
      lookups++
      return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    }
    expect(await failure(`http://rebound.example:${canaryPort}/`, { lookup })).toMatchObject({ code: 'source_refused' })
    expect(lookups).toBe(1)
  })

  test('behind a name that was public when it was looked up first', async () => {
    const answers = [[{ address: '127.0.0.1', family: 4 }], [{ address: '127.0.0.2', family: 4 }]]
    const lookup = async () => answers.shift() ?? []
    const policy = parseAddressPolicy('127.0.0.1')
    const again = `http://rebound.example:${port}/`
    expect(await failure(`http://rebound.example:${port}/to/${encodeURIComponent(again)}`, { lookup, policy })).toMatchObject({ code: 'source_refused' })
    expect(answers).toEqual([])
  })

  test.each([
    'http://public.example@127.0.0.1/', 'http://127.0.0.1#@public.example/', 'http://127.0.0.1\\@public.example/', 'http://public.example:80@127.0.0.1/',
    'http:127.0.0.1/', 'http:\\\\127.0.0.1/', 'http://127.0.0.1\t/', 'HtTp://LOCALHOST/', 'http://localhost./',
  ])('in disguise: %s', async (url) => {
    const lookup = async () => [{ address: '127.0.0.1', family: 4 }]
    expect(await failure(url, { lookup, policy: parseAddressPolicy('') })).toMatchObject({ code: 'source_refused' })
  })

  test('and nothing of all this has reached it', () => expect(connections).toBe(0))
})

test.each(['file:///etc/passwd', 'gopher://127.0.0.1/', 'ftp://127.0.0.1/', 'javascript:1', 'data:text/plain,x'])('a redirect to %s is refused', async (target) => {
  expect(await failure(`http://127.0.0.1:${port}/to/${encodeURIComponent(target)}`)).toMatchObject({ code: 'source_refused' })
})

describe('what a server sends costs no more than was agreed', () => {
  test.each([
    ['gzip', 'source_unavailable', 'compressed', {}],
    ['endless', 'payload_too_large', '100000', {}],
    ['terabyte', 'payload_too_large', '100000', {}],
    ['short', 'source_unavailable', '10 of 1000', {}],
    ['drip', 'source_unavailable', 'less than 1024 bytes a second', {}],
    ['drip', 'source_unavailable', 'within 0.3 s', { timeoutMs: 300, rateWindowMs: 60_000 }],
    ['silent', 'source_unavailable', 'did not answer in time', {}],
    ['silent', 'source_unavailable', 'within 0.3 s', { timeoutMs: 300, headersTimeoutMs: 60_000 }],
    ['round', 'source_unavailable', 'more than 5 times', {}],
  ])('%s: %s, %s', async (name, code, text, options) => {
    const error = await failure(`http://127.0.0.1:${port}/${name}?${TOKEN}`, options)
    expect(error).toMatchObject({ code, message: expect.stringContaining(text) })
  })
})

/** Why the download failed; what it says never holds the query, and nothing is left of it. */
async function failure(url: string, options: Partial<DownloadOptions> = {}): Promise<unknown> {
  const error: unknown = await download(url, {
    policy: parseAddressPolicy(`127.0.0.1:${port}`), file: join(directory, 'input'), maxBytes: 100_000, timeoutMs: 20_000, headersTimeoutMs: 200,
    rateWindowMs: 200, maxRetries: 0, retryPauseMs: 1, signal: new AbortController().signal, ...options,
  }).then(() => 'nothing', (reason: unknown) => reason)
  expect(JSON.stringify(error) + String(error)).not.toContain('s3cret')
  expect(await readdir(directory)).toEqual([])
  return error
}
