import { readdir, readFile } from 'node:fs/promises'
import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { bundleLua, type LuaModules } from './lua-bundle.ts'
import type { RequestOrigin } from './request-origin.ts'

const PLAYER = new URL('../clients/computercraft/', import.meta.url)

/** What a ComputerCraft computer can `wget run`: the player, knowing the hub that it came from. */
export function ccRoutes({ origin }: { readonly origin: RequestOrigin }): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>()

  app.get('/cc/player.lua', async (c) => {
    return c.text(await playerProgram(c, origin), 200, { 'Cache-Control': 'no-cache', 'X-Content-Type-Options': 'nosniff' })
  })

  return app
}

/** The player, for the hub as this request names it, and for one job where its id is given. */
export async function playerProgram(c: Context<{ Bindings: HttpBindings }>, origin: RequestOrigin, jobId?: string): Promise<string> {
  const hub = c.env?.incoming ? origin.of(c.env.incoming) : new URL(c.req.url).origin
  // Within these quotes Lua reads a URL as JSON does.
  const header = `local DEFAULT_HUB = ${JSON.stringify(hub)}`
  const words = jobId === undefined ? '...' : `${JSON.stringify(jobId)}, ...`
  return bundleLua(await readModules(PLAYER), { header, start: `return require('main')(DEFAULT_HUB, { ${words} })\n` })
}

async function readModules(directory: URL): Promise<LuaModules> {
  const files = (await readdir(directory, { recursive: true })).filter((file) => file.endsWith('.lua')).sort()
  const texts = await Promise.all(files.map((file) => readFile(new URL(file.replaceAll('\\', '/'), directory), 'utf8')))
  return new Map(files.map((file, index) => [file.replaceAll('\\', '/').replace(/\.lua$/, ''), texts[index]!]))
}
