-- The time of day.
return function()
  return os.epoch('utc') / 1000
end
