import { Hono } from 'hono'

/** `/metrics`, for Prometheus. */
export function metricsRoutes({ metrics }: { metrics: { render(): Promise<string> } }): Hono {
  const app = new Hono()
  app.get('/metrics', async (c) => c.body(await metrics.render(), 200, {
    'Content-Type': 'text/plain; version=0.0.4; charset=utf-8', 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff',
  }))
  return app
}
