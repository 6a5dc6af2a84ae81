-- The number of the frame that is due so many seconds into the video.
return function(seconds, fps)
  return math.floor(seconds * fps + 0.001) + 1
end
