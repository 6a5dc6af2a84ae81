import { Hono } from 'hono'
import { asyncApiDocument } from './asyncapi.ts'
import { openApiDocument } from './document.ts'
import { llmsText } from './llms.ts'

/** What the hub tells of itself, made when it is first asked for. */
export function documentRoutes(): Hono {
  const app = new Hono()
  const openApi = once(() => JSON.stringify(openApiDocument()))
  const asyncApi = once(() => JSON.stringify(asyncApiDocument()))
  const llms = once(llmsText)
  app.get('/openapi.json', (c) => c.body(openApi(), 200, { ...HEADERS, 'Content-Type': 'application/json' }))
  app.get('/asyncapi.json', (c) => c.body(asyncApi(), 200, { ...HEADERS, 'Content-Type': 'application/json' }))
  app.get('/llms.txt', (c) => c.body(llms(), 200, { ...HEADERS, 'Content-Type': 'text/plain; charset=utf-8' }))
  return app
}

const HEADERS = { 'Cache-Control': 'no-cache' } as const

function once(make: () => string): () => string {
  let made: string | undefined
  return () => (made ??= make())
}
