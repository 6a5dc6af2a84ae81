import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import { compress } from 'hono/compress'
import { callerOf, guard } from './access/guard.ts'
import { strictHeaders } from './access/headers.ts'
import { batchRoutes } from './batches/routes.ts'
import { routePath } from 'hono/route'
import { ccRoutes, playerProgram } from './cc-routes.ts'
import type { HubContext } from './context.ts'
import { HubError } from './errors.ts'
import { dialectOf } from './compat/dialects.ts'
import { flaskGifRoutes } from './compat/flask-gif.ts'
import { gmapiRoutes } from './compat/gmapi.ts'
import { moneyPrinterRoutes } from './compat/moneyprinter.ts'
import { sanjuuniHttpRoutes } from './compat/sanjuuni-http.ts'
import { soraWatermarkRoutes } from './compat/sora-watermark.ts'
import { healthOf } from './health.ts'
import { artifactRoutes } from './jobs/artifact-routes.ts'
import { frameRoutes } from './jobs/frame-routes.ts'
import { planRoutes } from './jobs/plan-routes.ts'
import { previewRoutes } from './jobs/preview-routes.ts'
import { probeRoutes } from './jobs/probe-routes.ts'
import { jobRoutes } from './jobs/routes.ts'
import { tusRoutes } from './jobs/tus-routes.ts'
import { uploadRoutes } from './jobs/upload-routes.ts'
import { metricsRoutes } from './metrics/routes.ts'
import { observeRequests } from './observe-requests.ts'
import { pageRoutes } from './page-routes.ts'
import { documentRoutes } from './openapi/routes.ts'
import { asHubError, problemResponse } from './problem.ts'
import { qrRoutes } from './qr-routes.ts'
import { readyRoutes } from './ready-routes.ts'
import { eventRoutes } from './streams/routes.ts'
import { toolRoutes } from './tools/routes.ts'
import { webhookRoutes } from './webhooks/routes.ts'

/** The hub as a fetch handler: no port, no environment. */
export function createApp(context: HubContext): Hono<{ Bindings: HttpBindings }> {
  const { config, jobs, batches, artifacts, frames, uploads, unfinished, handOver, logger, metrics, readiness } = context
  const app = new Hono<{ Bindings: HttpBindings }>()
  app.onError((error, c) => {
    const answer = dialectOf(c.req.path)?.answerError ?? problemResponse
    return answer(c, error, (cause) => logger.error('http.internal_error', { route: routePath(c, -1), error: cause }))
  })
  app.notFound((c) => {
    c.error = new HubError('route_not_found', `There is nothing at ${c.req.method} ${c.req.path.slice(0, 80)}`, { hint: 'docs/protocol.md lists what there is' })
    return problemResponse(c, c.error, () => undefined)
  })
  const observe = observeRequests({ logger, logged: config.log, onRefused: (code) => metrics.refused(code) })
  app.use(async (c, next) => {
    const startedAt = performance.now()
    await next()
    const outgoing = c.env?.outgoing
    observe({
      method: c.req.method, route: routePath(c, -1), status: outgoing?.headersSent ? outgoing.statusCode : c.res.status,
      milliseconds: performance.now() - startedAt, refusal: c.error && asHubError(c.error).code,
    })
  })
  app.use(strictHeaders(context.access), guard(context.access))
  const openJob = (c: { req: { param(name: 'id'): string } }) => jobs.openStream(c.req.param('id'))
  app.route('/', eventRoutes(
    [
      { path: '/api/jobs/events', open: () => jobs.openFeed() },
      { path: '/api/jobs/:id/events', open: (c) => openJob(c as never) },
      { path: '/api/task/:id/events', open: (c) => openJob(c as never) },
      { path: '/api/batches/:id/events', open: (c) => batches.openStream(c.req.param('id') ?? '') },
    ],
    { maxReaders: config.maxReaders, readerCount: () => jobs.readerCount + batches.readerCount, goingDown: context.goingDown },
  ))
  // Of some length, and asked for by every page.
  for (const path of ['/api/tools', '/openapi.json', '/asyncapi.json']) app.use(path, compress())
  app.route('/', jobRoutes({ jobs, callerOf }))
  app.route('/', batchRoutes({ batches, jobs, artifacts, callerOf }))
  app.route('/', artifactRoutes({ jobs, artifacts, handOver }))
  app.route('/', frameRoutes({ jobs, frames, handOver }))
  app.route('/', previewRoutes(context))
  app.route('/', uploadRoutes({ uploads, unfinished, callerOf }))
  app.route('/', tusRoutes({ uploads, unfinished, callerOf }))
  app.route('/', webhookRoutes(context))
  app.route('/', toolRoutes())
  app.route('/', planRoutes({ planning: context.planning, callerOf }))
  app.route('/', probeRoutes({ probes: context.probes, callerOf }))
  app.route('/', qrRoutes())
  app.route('/', flaskGifRoutes({ jobs, artifacts, uploads, handOver, callerOf }))
  app.route('/', gmapiRoutes({ ...context, callerOf }))
  app.route('/', moneyPrinterRoutes({ ...context, callerOf }))
  app.route('/', soraWatermarkRoutes({ ...context, callerOf }))
  app.route('/', ccRoutes(context))
  app.route('/', sanjuuniHttpRoutes({ jobs, frames, artifacts, player: (c, jobId) => playerProgram(c, context.origin, jobId) }))
  app.route('/', readyRoutes({ readiness }))
  app.route('/', metricsRoutes({ metrics }))
  app.get('/health', async (c) => {
    const health = await healthOf(context)
    return c.json(health, health.status === 'ok' ? 200 : 503, { 'Cache-Control': 'no-store' })
  })
  app.route('/', documentRoutes())
  app.route('/', pageRoutes())
  return app
}
