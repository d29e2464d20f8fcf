# The files of the previz renderer; render.h is all that the rest of the room
# sees of it.
set(RENDERER_SOURCES
  camera.c
  crew.c
  render.c
  render_act.c
  render_belt.c
  render_caption.c
  render_depth.c
  render_film.c
  render_inset.c
  render_look.c
  render_paint.c
  render_show.c
  render_size.c
  render_still.c
  render_texels.c
  render_world.c
  scene.c
  scene_ground.c
  scene_hills.c
  scene_noise.c
  scene_place.c
  scene_row.c
  scene_sky.c
  scene_sprite.c
  scene_sprite_row.c
  scene_theme.c
  scene_things.c)

# Every pixel of every frame goes through these.
set_source_files_properties(${RENDERER_SOURCES} PROPERTIES
  COMPILE_OPTIONS "$<$<NOT:$<CONFIG:Debug>>:-O3;-fno-trapping-math;-fno-math-errno>")
