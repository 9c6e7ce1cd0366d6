# migrations/NNNN_name.sql -> generated/migrations.cpp with each file's number, name, SHA-256 and text, part of
# facegate_sql. Included by rooms.cmake; run with `cmake -P` it is the generator itself.
if(CMAKE_SCRIPT_MODE_FILE)
    cmake_policy(VERSION 3.25)
    set(rows "")
    set(count 0)
    set(seen "")
    foreach(file IN LISTS FILES)
        get_filename_component(name ${file} NAME_WLE)
        if(NOT name MATCHES "^([0-9][0-9][0-9][0-9])_[a-z0-9_]+$")
            message(FATAL_ERROR "${file}: a migration is called NNNN_name.sql")
        endif()
        set(number ${CMAKE_MATCH_1})
        if(number IN_LIST seen)
            message(FATAL_ERROR "${file}: the number ${number} is taken")
        endif()
        list(APPEND seen ${number})
        math(EXPR version "1${number} - 10000")  # without the leading zeros
        file(SHA256 ${file} checksum)
        file(READ ${file} text)
        string(APPEND rows "    Migration{${version}, \"${name}\", \"${checksum}\",\n        R\"migration(${text})migration\"},\n")
        math(EXPR count "${count} + 1")
    endforeach()
    file(WRITE ${OUTPUT} "// Generated from migrations/*.sql.
#include <array>

#include \"sql/migrator.h\"

namespace facegate::sql {
namespace {

constexpr std::array<Migration, ${count}> kMigrations{
${rows}};

}  // namespace

std::span<const Migration> embedded_migrations() { return kMigrations; }

}  // namespace facegate::sql
")
    return()
endif()

file(GLOB migrations CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/migrations/*.sql)
list(SORT migrations)
set(embedded ${CMAKE_BINARY_DIR}/generated/migrations.cpp)
add_custom_command(
    OUTPUT ${embedded}
    # The files are named in the command, so that also a removed or renamed one runs it again.
    COMMAND ${CMAKE_COMMAND} "-DFILES=${migrations}" -DOUTPUT=${embedded}
            -P ${CMAKE_SOURCE_DIR}/cmake/migrations.cmake
    DEPENDS ${migrations} ${CMAKE_SOURCE_DIR}/cmake/migrations.cmake
    VERBATIM)
target_sources(facegate_sql PRIVATE ${embedded})
