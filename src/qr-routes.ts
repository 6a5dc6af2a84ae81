import { Hono } from 'hono'
import { fromLuaBytes, invalid } from './compat/gmapi-requests.ts'
import { readJson } from './jobs/read-json.ts'
import { qrInput, qrPicture } from './tools/qr.ts'

/** A text as a QR code that screens of ComputerCraft can show. No job: the answer is the picture. */
export function qrRoutes(): Hono {
  const app = new Hono()

  app.post('/api/qr', async (c) => {
    const parsed = qrInput.safeParse(await readJson(c, { requireType: false }))
    if (!parsed.success) throw invalid(parsed.error, 'The body takes text, and perhaps format, margin, scale and error_correction')
    const { bytes, contentType } = qrPicture({ ...parsed.data, text: fromLuaBytes(parsed.data.text) }, { date: new Date() })
    return c.body(bytes, 200, { 'Content-Type': contentType, 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' })
  })

  return app
}
