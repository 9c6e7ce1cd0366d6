# One static library a room; what a room may use is its row here and is checked by scripts/check_layers.py.
set(FACEGATE_ROOMS base runtime crypto sql media vision evaluation search liveness synthesis domain provider http api app)

foreach(room IN LISTS FACEGATE_ROOMS)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${room}/*.cpp)
    list(FILTER sources EXCLUDE REGEX "/app/main\\.cpp$")
    if(NOT sources)
        add_library(facegate_${room} INTERFACE)
        target_link_libraries(facegate_${room} INTERFACE facegate_flags)
    else()
        add_library(facegate_${room} STATIC ${sources})
        target_link_libraries(facegate_${room} PUBLIC facegate_flags)
        if(room STREQUAL "base")
            target_precompile_headers(facegate_base PRIVATE ${CMAKE_SOURCE_DIR}/cmake/precompiled.h)
        elseif(room STREQUAL "api" AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
            # Every endpoint includes these.
            target_precompile_headers(facegate_api PRIVATE ${CMAKE_SOURCE_DIR}/cmake/precompiled.h
                ${CMAKE_SOURCE_DIR}/src/api/services.h)
        elseif(room STREQUAL "vision" AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
            target_precompile_headers(facegate_vision PRIVATE ${CMAKE_SOURCE_DIR}/cmake/precompiled.h
                <opencv2/core.hpp> <opencv2/imgproc.hpp>)
        elseif(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
            target_precompile_headers(facegate_${room} REUSE_FROM facegate_base)
        endif()
    endif()
endforeach()

# Fused multiply-adds round differently: the kernels of all instruction sets are to give the same bits. (g++ takes this
# option from the precompiled header, if there is one.) Without -O3 g++ keeps sums in memory instead of registers.
set_source_files_properties(${CMAKE_SOURCE_DIR}/src/search/dot_kernels.cpp PROPERTIES
    COMPILE_OPTIONS "-ffp-contract=off;-O3" SKIP_PRECOMPILE_HEADERS ON)
# Loops over pixels, twice as fast when vectorised: a large part of a stream's analysis, half of the attack suite.
set_source_files_properties(${CMAKE_SOURCE_DIR}/src/liveness/signals/patch_match.cpp
    ${CMAKE_SOURCE_DIR}/src/synthesis/renderer.cpp ${CMAKE_SOURCE_DIR}/src/synthesis/stage.cpp
    PROPERTIES COMPILE_OPTIONS "-O3" SKIP_PRECOMPILE_HEADERS ON)

include(cmake/migrations.cmake)

function(room_uses room)
    get_target_property(type facegate_${room} TYPE)
    if(type STREQUAL "INTERFACE_LIBRARY")
        target_link_libraries(facegate_${room} INTERFACE ${ARGN})
    else()
        target_link_libraries(facegate_${room} PUBLIC ${ARGN})
    endif()
endfunction()

room_uses(runtime facegate_base)
room_uses(crypto facegate_base OpenSSL::Crypto)
room_uses(sql facegate_base facegate_runtime SQLite::SQLite3)
room_uses(media facegate_base JPEG::JPEG PNG::PNG PkgConfig::FFMPEG)
room_uses(vision facegate_base facegate_media Boost::json OpenSSL::Crypto ${OpenCV_LIBS} ${CMAKE_DL_LIBS})
room_uses(evaluation facegate_base facegate_vision)
room_uses(search facegate_base)
room_uses(liveness facegate_base facegate_crypto facegate_media facegate_vision Boost::json ZLIB::ZLIB)
room_uses(synthesis facegate_liveness facegate_vision facegate_media ${OpenCV_LIBS})
room_uses(domain facegate_base facegate_crypto facegate_sql Boost::json)
room_uses(provider facegate_base facegate_runtime facegate_vision facegate_search facegate_liveness facegate_domain)
room_uses(http facegate_base facegate_runtime OpenSSL::SSL)
room_uses(api facegate_http facegate_provider Boost::json Boost::url)
room_uses(app facegate_api facegate_evaluation facegate_synthesis CLI11::CLI11)

if(EXISTS ${CMAKE_SOURCE_DIR}/src/app/main.cpp)
    add_executable(facegate src/app/main.cpp)
    target_link_libraries(facegate PRIVATE facegate_app)
endif()
