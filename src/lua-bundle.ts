/** Lua modules by name: `screens/gpu` for what `require('screens/gpu')` gives. */
export type LuaModules = ReadonlyMap<string, string>

/**
 * One Lua program of many modules, to stand behind `header`, which may declare locals for `start`, its last line. Each
 * module is a chunk of its own file's name, so that errors name that, and is given a `require` that knows the others.
 */
export function bundleLua(modules: LuaModules, { header, start }: { readonly header: string; readonly start: string }): string {
  const sources = [...modules].map(([name, text]) => `add(${JSON.stringify(name)}, ${quote(text)})\n`)
  return [header, LOADER, ...sources, start].join('\n')
}

const LOADER = `local modules, loaded, outer = {}, {}, require

local function require(name)
  if not modules[name] then return outer(name) end
  if loaded[name] == nil then loaded[name] = modules[name](require) end
  return loaded[name]
end

local function add(name, text)
  local problem
  modules[name], problem = load(text, '@' .. name .. '.lua')
  if not modules[name] then error(problem, 0) end
end
`

/** The line break behind the opening bracket is not part of the string. */
function quote(text: string): string {
  let level = ''
  while (`${text}]`.includes(`]${level}]`)) level += '='
  return `[${level}[\n${text}]${level}]`
}
