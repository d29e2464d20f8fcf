--- The script of a recipe that names none: each cell is one clip.
return function()
    return runway.clip {}
end
