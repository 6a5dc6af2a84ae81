-- Ends the program with a sentence for who sits at the computer.
return function(sentence)
  error({ sentence = sentence }, 0)
end
