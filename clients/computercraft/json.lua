local json = {}

-- A table whatever the text is.
function json.parse(text)
  local ok, value = pcall(textutils.unserializeJSON, text)
  return ok and type(value) == 'table' and value or {}
end

json.write = textutils.serializeJSON

return json
