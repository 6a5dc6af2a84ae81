import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { expect } from 'vitest'

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((file) => existsSync(file))
const SCREENSHOTS = 'test-results/screenshots'
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

export type Theme = 'dark' | 'light'
export type Width = 'wide' | 'desk' | 'tablet' | 'phone'

export const SIZES: Readonly<Record<Width, { readonly width: number; readonly height: number }>> = {
  wide: { width: 1920, height: 1080 }, desk: { width: 1280, height: 860 }, tablet: { width: 820, height: 1180 }, phone: { width: 390, height: 844 },
}

export async function openBrowser(): Promise<Browser> {
  if (!CHROMIUM) throw new Error('there is no chromium; apt-get install chromium')
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] })
}

/** The hub's page in a browser of its own, and what it complained of. */
export interface HubPage {
  readonly page: Page
  readonly context: BrowserContext
  /** Errors of scripts and of the console, and what the policy refused. */
  readonly complaints: string[]
  close(): Promise<void>
}

export interface PageOptions {
  readonly theme?: Theme
  readonly width?: Width
  readonly motion?: 'reduce' | 'no-preference'
  readonly locale?: string
  /** Complaints that the test brings about itself. */
  readonly expected?: RegExp
}

export async function openPage(browser: Browser, address: string, { theme = 'dark', width = 'desk', motion = 'reduce', locale = 'en-GB', expected }: PageOptions = {}): Promise<HubPage> {
  const context = await browser.newContext({ viewport: SIZES[width], colorScheme: theme, locale, reducedMotion: motion })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error' && !expected?.test(message.text())) complaints.push(message.text())
  })
  await page.goto(address)
  return { page, context, complaints, close: () => context.close() }
}

/** One browser for all tests of a file, in which each test's pages end with it. */
export class PageBrowser {
  readonly #browser: Browser
  readonly #pages: HubPage[] = []

  private constructor(browser: Browser) {
    this.#browser = browser
  }

  static async launch(): Promise<PageBrowser> {
    return new PageBrowser(await openBrowser())
  }

  async open(address: string, options?: PageOptions): Promise<HubPage> {
    const opened = await openPage(this.#browser, address, options)
    this.#pages.push(opened)
    return opened
  }

  /** To be done before their hub ends: fails where one has complained. */
  async closePages(): Promise<void> {
    const closed = this.#pages.splice(0)
    for (const { close } of closed) await close()
    expect(closed.flatMap(({ complaints }) => complaints)).toEqual([])
  }

  /** One that nobody looks after. */
  newContext(): Promise<BrowserContext> {
    return this.#browser.newContext()
  }

  close(): Promise<void> {
    return this.#browser.close()
  }
}

/** Kept for a person to look at. */
export async function screenshot(page: Page, name: string): Promise<void> {
  await mkdir(SCREENSHOTS, { recursive: true })
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) })
}

/** Fails with what would keep somebody from using the page as it is now, in either theme. */
export async function expectAccessible(page: Page): Promise<void> {
  for (const theme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
    expect({ theme, violations: await violations(page) }).toEqual({ theme, violations: [] })
  }
}

/** The checker is put in past the page's policy, by the debugging protocol, and asks for nothing from the net. */
async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(`${await readFile(AXE, 'utf8')}; undefined`)
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: readonly Violation[] }> } }
    const { violations: found } = await axe.run()
    return found.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)}: ${failureSummary}`))
  })
}

interface Violation {
  readonly id: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[]
}

/** Begins to note every task of the page that held it up for more than 50 ms; returns what ends that and tells how long each took. */
export async function watchLongTasks(page: Page): Promise<() => Promise<readonly number[]>> {
  await page.evaluate(() => {
    const durations: number[] = []
    Object.assign(globalThis, { longTasks: durations })
    new PerformanceObserver((list) => durations.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' })
  })
  return () => page.evaluate(() => (globalThis as unknown as { longTasks: number[] }).longTasks)
}
