import { readFile } from 'node:fs/promises'
import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import type { RequestOrigin } from './request-origin.ts'

const PLAYER = new URL('../clients/computercraft/player.lua', import.meta.url)

/** What a ComputerCraft computer can `wget run`: the player, knowing the hub that it came from. */
export function ccRoutes({ origin }: { readonly origin: RequestOrigin }): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>()

  app.get('/cc/player.lua', async (c) => {
    const hub = c.env?.incoming ? origin.of(c.env.incoming) : new URL(c.req.url).origin
    return c.text(withHub(await readFile(PLAYER, 'utf8'), hub), 200, { 'Cache-Control': 'no-cache', 'X-Content-Type-Options': 'nosniff' })
  })

  return app
}

/** The file's first line sets the default hub, and is the one that changes. */
function withHub(program: string, hub: string): string {
  // Within these quotes Lua reads a URL as JSON does.
  return `local DEFAULT_HUB = ${JSON.stringify(hub)}${program.slice(program.indexOf('\n'))}`
}
