import { afterEach, expect } from 'vitest'
import type { Documented } from './documented.ts'

/** Set up for all tests: whatever JSON a hub answers in any of them has to be what its document says. */
const original = globalThis.fetch
const looks = new Set<Promise<string | undefined>>()
let documented: Promise<Documented> | undefined

globalThis.fetch = async (input, init) => {
  const response = await original(input, init)
  if (isOfHub(response)) looks.add(lookAt(response.clone(), init?.method ?? (input instanceof Request ? input.method : 'GET')))
  return response
}

afterEach(async () => {
  const complaints = (await Promise.all(looks)).filter((complaint) => complaint !== undefined)
  looks.clear()
  expect(complaints).toEqual([])
})

/** Others that tests start do not send these headers. */
function isOfHub({ headers }: Response): boolean {
  return headers.get('x-content-type-options') === 'nosniff' && headers.get('referrer-policy') === 'no-referrer' && /json/.test(headers.get('content-type') ?? '')
}

async function lookAt(response: Response, method: string): Promise<string | undefined> {
  if (method === 'HEAD' || method === 'OPTIONS') return undefined
  const text = await response.text().catch(() => undefined)
  if (text === undefined) return undefined
  const body = JSON.parse(text) as { code?: string }
  if (body.code === 'route_not_found' || body.code === 'internal') return undefined
  documented ??= import('./documented.ts').then(({ Documented: Made }) => new Made())
  return (await documented).complaintAbout({
    method, path: decodeURI(new URL(response.url).pathname), status: response.status, contentType: response.headers.get('content-type') ?? '', body: () => body,
  })
}
