import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { pageRoutes } from './page-routes.ts'

const app = pageRoutes()

test('the page and what it is made of come under a policy that allows nothing from elsewhere, and nothing inline', async () => {
  for (const path of ['/', '/app.js', '/styles.css', '/client/client/index.js', '/client/jobs/job.js']) {
    const response = await app.request(path)
    expect([path, response.status]).toEqual([path, 200])
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/)
    expect(policy).not.toMatch(/unsafe|\*|https?:/)
  }
})

test('the modules of the SDK are served at paths at which they find each other, and no other module of the hub is', async () => {
  const seen = new Set(['/client/client/index.js'])
  for (const path of seen) {
    const response = await app.request(path)
    expect([path, response.status, response.headers.get('content-type')]).toEqual([path, 200, 'text/javascript; charset=utf-8'])
    for (const [, specifier = ''] of (await response.text()).matchAll(/from '(\.[^']+)'/g)) seen.add(new URL(specifier, `http://hub${path}`).pathname)
  }
  expect(seen).toContain('/client/jobs/job.js')
  for (const path of ['/client/server.js', '/client/context.js', '/client/jobs/jobs.js', '/client/../package.json', '/package.json', '/client/client/index.d.ts']) {
    expect([path, (await app.request(path)).status]).toEqual([path, 404])
  }
})

test('a browser that holds a file already is told so, and one that takes compressed files gets the same bytes', async () => {
  const plain = await app.request('/app.js')
  const text = await plain.text()
  const etag = plain.headers.get('etag') ?? ''
  const held = await app.request('/app.js', { headers: { 'if-none-match': `"other", W/${etag}` } })
  expect([held.status, await held.text()]).toEqual([304, ''])
  const decoders = { br: brotliDecompressSync, gzip: gunzipSync }
  for (const [encoding, decode] of Object.entries(decoders)) {
    const response = await app.request('/app.js', { headers: { 'accept-encoding': `${encoding}, identity;q=0.5` } })
    expect(response.headers.get('content-encoding')).toBe(encoding)
    expect(decode(Buffer.from(await response.arrayBuffer())).toString()).toBe(text)
  }
  expect((await app.request('/app.js', { headers: { 'accept-encoding': 'br;q=0, gzip;q=0' } })).headers.get('content-encoding')).toBeNull()
})
