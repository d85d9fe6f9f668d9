# http_core: what needs neither Boost nor CAF. http: the server around it.
find_path(MSGPACK_INCLUDE_DIR msgpack.hpp REQUIRED)
find_path(NLOHMANN_JSON_INCLUDE_DIR nlohmann/json.hpp REQUIRED)

file(GLOB http_headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/http/*.hpp)
file(GLOB admin_headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/http/admin/*.hpp)
file(GLOB admin_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/http/admin/*.cpp)
file(GLOB http_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/http/*.cpp)
# Only these may include Boost or CAF.
set(http_shell_sources ask.cpp asio_impl.cpp exchange.cpp http_session.cpp server.cpp ws_session.cpp)
set(http_shell_headers ask.hpp asio.hpp exchange.hpp hub.hpp http_session.hpp server.hpp ws_session.hpp)
list(TRANSFORM http_shell_sources PREPEND ${CMAKE_SOURCE_DIR}/http/)
list(TRANSFORM http_shell_headers PREPEND ${CMAKE_SOURCE_DIR}/http/)

set(core_sources ${http_sources})
list(REMOVE_ITEM core_sources ${http_shell_sources})
add_library(http_core STATIC ${core_sources})
target_link_libraries(http_core PUBLIC flags base e2ee mls turn)
target_include_directories(http_core SYSTEM PRIVATE ${MSGPACK_INCLUDE_DIR} ${NLOHMANN_JSON_INCLUDE_DIR})
target_compile_definitions(http_core PRIVATE MSGPACK_NO_BOOST)

if(NOT FUZZ)
  set(shell_sources ${http_sources})
  list(REMOVE_ITEM shell_sources ${core_sources})
  add_library(http STATIC ${shell_sources} ${admin_sources})
  target_link_libraries(http PUBLIC http_core actors CAF::core Threads::Threads)
  target_compile_definitions(http PRIVATE BOOST_ASIO_SEPARATE_COMPILATION
    BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
endif()

if(NOT FUZZ)
  list(APPEND http_headers ${admin_headers})
endif()

# The target `headers` compiles every header alone.
foreach(header IN LISTS http_headers)
  if(FUZZ AND header IN_LIST http_shell_headers)
    continue()
  endif()
  file(RELATIVE_PATH path ${CMAKE_SOURCE_DIR} ${header})
  string(MAKE_C_IDENTIFIER ${path} id)
  set(check ${CMAKE_BINARY_DIR}/headers/${id}.cpp)
  file(CONFIGURE OUTPUT ${check} CONTENT "#include \"${path}\"\n")
  list(APPEND http_checks ${check})
endforeach()
add_library(http_headers OBJECT EXCLUDE_FROM_ALL ${http_checks})
target_link_libraries(http_headers PRIVATE $<IF:$<BOOL:${FUZZ}>,http_core,http>)
if(NOT FUZZ)
  target_compile_definitions(http_headers PRIVATE BOOST_ASIO_SEPARATE_COMPILATION
    BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
endif()
add_dependencies(headers http_headers)

include(${CMAKE_SOURCE_DIR}/http/embed.cmake OPTIONAL)
