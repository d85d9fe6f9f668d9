# embed_web(<target> <folder>): puts the files of a built web app into a program
# as http::embedded_assets(). A folder that does not exist embeds nothing, and
# the program then serves a page that says so.
enable_language(ASM)

function(embed_web target folder)
  set(out ${CMAKE_BINARY_DIR}/embedded)
  set(generate ${CMAKE_COMMAND} -DFOLDER=${folder} -DOUT=${out}
    -P ${CMAKE_SOURCE_DIR}/http/embed_generate.cmake)
  # Looked at in every build; only what changed is written, so only that is compiled.
  add_custom_target(${target}_web COMMAND ${generate}
    BYPRODUCTS ${out}/web_assets.S ${out}/web_assets.cpp
    COMMENT "Looking for the web app in ${folder}" VERBATIM)
  target_sources(${target} PRIVATE ${out}/web_assets.S ${out}/web_assets.cpp)
  add_dependencies(${target} ${target}_web)
endfunction()
