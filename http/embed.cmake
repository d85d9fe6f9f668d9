# embed_web(<target> <folder> <name>): puts the files of a built page into a
# program as http::embedded_<name>(). A folder that does not exist embeds nothing,
# and the program then serves a page that says so.
enable_language(ASM)

function(embed_web target folder name)
  set(out ${CMAKE_BINARY_DIR}/embedded)
  set(generate ${CMAKE_COMMAND} -DFOLDER=${folder} -DOUT=${out} -DNAME=${name}
    -P ${CMAKE_SOURCE_DIR}/http/embed_generate.cmake)
  # Looked at in every build; only what changed is written, so only that is compiled.
  add_custom_target(${target}_${name} COMMAND ${generate}
    BYPRODUCTS ${out}/${name}.S ${out}/${name}.cpp
    COMMENT "Looking for a page in ${folder}" VERBATIM)
  target_sources(${target} PRIVATE ${out}/${name}.S ${out}/${name}.cpp)
  add_dependencies(${target} ${target}_${name})
endfunction()
