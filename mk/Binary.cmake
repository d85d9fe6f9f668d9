# The program itself: the composition root, with the built web app inside.
add_executable(catchup main.cpp)
target_link_libraries(catchup PRIVATE app)
set_target_properties(catchup PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
embed_web(catchup ${CMAKE_SOURCE_DIR}/web/dist assets)
embed_web(catchup ${CMAKE_SOURCE_DIR}/web/dist-admin admin)
