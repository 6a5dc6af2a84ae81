import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { HubError } from '../errors.ts'
import type { Caller } from './caller.ts'
import type { Probes } from './probes.ts'
import { readJson } from './read-json.ts'

/** `/api/probe`: what is in a file, at once. */
export function probeRoutes({ probes, callerOf }: { readonly probes: Probes; readonly callerOf: (c: Context) => Caller }): Hono {
  const app = new Hono()

  app.post('/api/probe', async (c) => {
    const body = await readJson(c, { requireType: true })
    // For nobody nothing is fetched.
    const gone = new AbortController()
    const { outgoing }: Partial<HttpBindings> = c.env ?? {}
    const leave = () => gone.abort(new HubError('source_unavailable', 'Nobody waits for the answer any more'))
    outgoing?.once('close', leave)
    try {
      return c.json(await probes.probe(body, { caller: callerOf(c), signal: gone.signal }), 200, { 'Cache-Control': 'no-store' })
    } finally {
      outgoing?.off('close', leave)
    }
  })

  return app
}
