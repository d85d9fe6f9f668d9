# LiveKit's messages as C++, generated from livekit.proto. The generated code has its own
# library and is a system header to others, so that our warnings do not count for it.
set(livekit_folder ${CMAKE_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${livekit_folder})
add_custom_command(
  OUTPUT ${livekit_folder}/livekit.pb.cc ${livekit_folder}/livekit.pb.h
  COMMAND protobuf::protoc --cpp_out=${livekit_folder} -I ${CMAKE_SOURCE_DIR}/sfu/signal livekit.proto
  DEPENDS ${CMAKE_SOURCE_DIR}/sfu/signal/livekit.proto
  VERBATIM)
add_library(livekit_messages STATIC ${livekit_folder}/livekit.pb.cc)
target_include_directories(livekit_messages SYSTEM PUBLIC ${livekit_folder})
target_link_libraries(livekit_messages PUBLIC protobuf::libprotobuf-lite)
target_compile_features(livekit_messages PUBLIC cxx_std_20)
if(SANITIZE)
  target_compile_options(livekit_messages PRIVATE -fsanitize=${SANITIZE} -fno-omit-frame-pointer)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  target_compile_options(livekit_messages PRIVATE -fPIE)
endif()
