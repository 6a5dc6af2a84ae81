import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ccRoutes } from '../../src/cc-routes.ts'
import { RequestOrigin } from '../../src/request-origin.ts'

export interface ScreenProgram {
  /** Of the program, which takes the player's options without what to play. */
  readonly url: string
  stop(): Promise<void>
}

/** The player's screens without its hub: each frame is shown for a tick, and at the end there is the screen's size. */
export async function serveScreenProgram(frames: readonly Buffer[]): Promise<ScreenProgram> {
  const routes = ccRoutes({ origin: new RequestOrigin({ publicUrl: undefined, trustedProxies: [] }) })
  const player = await (await routes.request('/cc/player.lua')).text()
  if (!player.endsWith(PLAYERS_LAST_LINE)) throw new Error('The player starts in another way')
  const modules = player.slice(0, -PLAYERS_LAST_LINE.length)
  let url = ''
  const server = createServer(({ url: path = '' }, outgoing) => {
    const frame = frames[Number(/^\/frames\/(\d+)$/.exec(path)?.[1])]
    outgoing.end(frame ?? modules + showing(url, frames.length))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: `${url}/program.lua`,
    async stop() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

const PLAYERS_LAST_LINE = "return require('main')(DEFAULT_HUB, { ... })\n"

function showing(url: string, count: number): string {
  return `
local words, screen = { 'any', ... }, nil
local ok, problem = pcall(function()
  local reason
  screen, reason = require('screens')(require('args')(words, DEFAULT_HUB), 'cells')
  if not screen then error({ sentence = reason }) end
  for index = 0, ${count - 1} do
    local answer = http.get('${url}/frames/' .. index)
    screen.show(answer.readAll())
    sleep(0.05)
  end
  print(('%dx%d'):format(screen.size()))
end)
if screen then screen.close() end
if not ok then error(type(problem) == 'table' and problem.sentence or problem, 0) end
`
}
