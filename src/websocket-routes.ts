import type { HubContext } from './context.ts'
import { serveSanjuuni } from './compat/sanjuuni-websocket.ts'
import { pushFrames } from './jobs/frame-push.ts'
import { followByWebSocket, multiplex } from './streams/event-sockets.ts'
import type { WebSocketRoute } from './streams/websocket.ts'

/** Everything that answers an Upgrade. */
export function webSocketRoutes({ jobs, batches, frames, artifacts }: HubContext): readonly WebSocketRoute[] {
  const followJob: WebSocketRoute['accept'] = (connection) => followByWebSocket(connection, () => jobs.openStream(connection.parameters[0] ?? ''))
  return [
    { path: /^\/api\/jobs\/events$/, reach: 'all', accept: (connection) => followByWebSocket(connection, () => jobs.openFeed()) },
    { path: /^\/api\/jobs\/([^/]+)\/events$/, accept: followJob },
    { path: /^\/api\/batches\/([^/]+)\/events$/, accept: (connection) => followByWebSocket(connection, () => batches.openStream(connection.parameters[0] ?? '')) },
    { path: /^\/api\/jobs\/([^/]+)\/frames$/, mayCompress: true, accept: (connection) => pushFrames(connection, { jobs, frames }) },
    { path: /^\/api\/jobs\/([^/]+)\/sanjuuni\/?$/, accept: (connection) => serveSanjuuni(connection, { jobs, frames, artifacts }) },
    { path: /^\/api\/task\/([^/]+)\/(?:events|ws)$/, accept: followJob },
    { path: /^\/api\/ws$/, accept: (connection) => multiplex(connection, (id) => jobs.openStream(id)) },
  ]
}
