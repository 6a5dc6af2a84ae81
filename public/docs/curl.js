/** The command that calls a route: its required parameters, and the body of an example. */
export function curlOf({ method, path, parameters = [] }, { type, value, origin }) {
  const url = origin + path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(parameters.find((parameter) => parameter.name === name)?.example ?? name))
  const query = parameters.filter(({ in: place, required }) => place === 'query' && required).map(({ name }) => `${name}=${name.toUpperCase()}`).join('&')
  const words = [
    'curl', ...(method === 'get' ? [] : ['-X', method.toUpperCase()]), quoted(query ? `${url}?${query}` : url),
    ...(type === 'multipart/form-data' ? ['-F', 'file=@holiday.mov'] : type === 'application/octet-stream' ? ['--data-binary', '@holiday.mov'] : []),
    ...(type === 'application/json' && value !== undefined ? ['-H', quoted('Content-Type: application/json'), '-d', quoted(JSON.stringify(value))] : []),
  ]
  return words.join(' ')
}

/** As a shell reads it. */
function quoted(text) {
  return /^[\w@:/.%=-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
