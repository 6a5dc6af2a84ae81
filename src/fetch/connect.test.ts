import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseAddressPolicy, type AddressPolicy } from './address-policy.ts'
import { connect, type Lookup } from './connect.ts'
import { download } from './download.ts'

let directory: string
let servers: Server[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'connect-'))
  servers = []
})

afterEach(async () => {
  for (const server of servers) {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  }
  await rm(directory, { recursive: true })
})

const REFUSED = { code: 'source_refused', message: 'source address not allowed' }

test('an address in the URL, for which Node looks up nothing, is judged before there is a connection', async () => {
  const { port, paths } = await serve((_, response) => response.end('secret'))
  const options = { policy: parseAddressPolicy(''), connectTimeoutMs: 5000, signal: new AbortController().signal }
  for (const host of ['127.0.0.1', '0.0.0.0', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]']) {
    await expect(connect(new URL(`http://${host}:${port}`), options)).rejects.toMatchObject({
      ...REFUSED, cause: { message: expect.stringMatching(/ is not allowed$/) },
    })
  }
  expect(paths).toEqual([])
})

test('a name that resolves to loopback is refused', async () => {
  const { port, paths } = await serve((_, response) => response.end('secret'))
  await refuses(`http://harmless.example:${port}/`, parseAddressPolicy(''), async () => [{ address: '127.0.0.1', family: 4 }])
  await refuses(`http://harmless.example:${port}/`, parseAddressPolicy(''), async () => [{ address: '::ffff:127.0.0.1', family: 6 }])
  await refuses(`http://localhost:${port}/`, parseAddressPolicy(''))
  expect(paths).toEqual([])
})

test('a name with one private address among public ones is refused', async () => {
  await refuses('http://mixed.example/', parseAddressPolicy(''), async () => [
    { address: '93.184.215.14', family: 4 }, { address: '10.0.0.1', family: 4 },
  ])
})

test('an allowed name is fetched, another name with the same address is not', async () => {
  const { port } = await serve((_, response) => response.end('hello'))
  const policy = parseAddressPolicy('nas.lan')
  const lookup: Lookup = async () => [{ address: '127.0.0.1', family: 4 }]
  expect(await fetchTo(`http://nas.lan:${port}/`, policy, lookup)).toMatchObject({ bytes: 5 })
  await rm(join(directory, 'file'))
  await refuses(`http://other.lan:${port}/`, policy, lookup)
})

test('a redirect to a metadata address is refused', async () => {
  const { port } = await serve((_, response) => response.writeHead(302, { location: 'http://169.254.169.254/latest/' }).end())
  await refuses(`http://127.0.0.1:${port}/`, parseAddressPolicy(`127.0.0.1:${port}`))
})

test('a redirect to a local server that is not allowed never reaches it', async () => {
  const inner = await serve((_, response) => response.end('secret'))
  for (const host of ['127.0.0.1', '[::ffff:127.0.0.1]', 'inner.example']) {
    const location = `http://${host}:${inner.port}/`
    const outer = await serve((_, response) => response.writeHead(307, { location }).end())
    const policy = parseAddressPolicy(`127.0.0.1:${outer.port}`)
    await refuses(`http://outer.example:${outer.port}/`, policy, async () => [{ address: '127.0.0.1', family: 4 }])
    expect(outer.paths).toEqual(['/'])
  }
  expect(inner.paths).toEqual([])
})

test('a name that resolves anew to another address is judged anew', async () => {
  const { port, paths } = await serve((request, response) => {
    response.writeHead(302, { location: `${request.url}again` }).end()
  })
  const addresses = ['127.0.0.1', '127.0.0.2']
  await refuses(`http://rebind.example:${port}/`, parseAddressPolicy('127.0.0.1'), async () => [
    { address: addresses.shift() ?? '127.0.0.2', family: 4 },
  ])
  expect(paths).toEqual(['/'])
})

test('the address that is judged is the one that is connected to: one look-up for one connection', async () => {
  const { port } = await serve((_, response) => response.end('hello'))
  const asked: string[] = []
  await fetchTo(`http://nas.lan:${port}/`, parseAddressPolicy('nas.lan'), async (hostname) => {
    asked.push(hostname)
    return [{ address: '127.0.0.1', family: 4 }]
  })
  expect(asked).toEqual(['nas.lan'])
})

test('the peer that was really connected to has the last word', async () => {
  const { port, paths } = await serve((_, response) => response.end('secret'))
  const judged: string[] = []
  const policy: AddressPolicy = {
    entryCount: 0,
    allows(address) {
      judged.push(address)
      return judged.length === 1
    },
  }
  await refuses(`http://nas.lan:${port}/`, policy, async () => [{ address: '127.0.0.1', family: 4 }])
  expect(judged).toEqual(['127.0.0.1', '127.0.0.1'])
  expect(paths).toEqual([])
})

test('the second address is tried when the first does not answer', async () => {
  const { port } = await serve((_, response) => response.end('hello'))
  const lookup: Lookup = async () => [{ address: '127.0.0.2', family: 4 }, { address: '127.0.0.1', family: 4 }]
  expect(await fetchTo(`http://nas.lan:${port}/`, parseAddressPolicy('nas.lan'), lookup)).toMatchObject({ bytes: 5 })
})

async function refuses(url: string, policy: AddressPolicy, lookup?: Lookup) {
  const error: unknown = await fetchTo(url, policy, lookup).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ ...REFUSED, hint: expect.stringContaining('REELTIME_FETCH_ALLOW') })
  expect(await readdir(directory)).toEqual([])
}

function fetchTo(url: string, policy: AddressPolicy, lookup?: Lookup) {
  return download(url, {
    policy, file: join(directory, 'file'), maxBytes: 1000, timeoutMs: 20_000, maxRetries: 0, signal: new AbortController().signal,
    ...(lookup === undefined ? {} : { lookup }),
  })
}

/** A server on 127.0.0.1 and the paths that it was asked for. */
async function serve(listener: RequestListener) {
  const paths: (string | undefined)[] = []
  const server = createServer((request, response) => {
    paths.push(request.url)
    listener(request, response)
  })
  servers.push(server)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return { port: (server.address() as AddressInfo).port, paths }
}
