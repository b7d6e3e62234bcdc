# The library: every source once, as objects. Tests of internals link the objects; users get the shared library or the archive.
file(GLOB_RECURSE ZI_SOURCES CONFIGURE_DEPENDS src/*.c src/*.S)
# The preload is a library of its own, which calls the other one; so is what mounts the inspector, which the other one loads.
list(FILTER ZI_SOURCES EXCLUDE REGEX "/src/(preload|fs)/")
if(NOT ZI_SOURCES)
	message(FATAL_ERROR "src/ holds no sources")
endif()

add_library(zi_objects OBJECT ${ZI_SOURCES})
target_include_directories(zi_objects PUBLIC
	$<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include> ${CMAKE_CURRENT_SOURCE_DIR}/src)
target_compile_definitions(zi_objects PRIVATE _GNU_SOURCE)
# initial-exec: thread-local variables are read in signal handlers, where the first access of the general model may allocate.
target_compile_options(zi_objects PRIVATE $<$<COMPILE_LANGUAGE:C>:-fno-semantic-interposition -ftls-model=initial-exec>)
set_target_properties(zi_objects PROPERTIES POSITION_INDEPENDENT_CODE ON)
target_link_libraries(zi_objects PRIVATE zi_warnings PUBLIC zi_sanitize Threads::Threads ${CMAKE_DL_LIBS})

set(ZI_MAP ${CMAKE_CURRENT_SOURCE_DIR}/src/libzirconia.map)

add_library(zirconia SHARED $<TARGET_OBJECTS:zi_objects>)
target_link_libraries(zirconia PRIVATE zi_sanitize Threads::Threads ${CMAKE_DL_LIBS})
# nodelete: installed signal handlers would outlive the code.
target_link_options(zirconia PRIVATE -Wl,-z,nodelete -Wl,-Bsymbolic-functions -Wl,--version-script=${ZI_MAP}
	$<$<NOT:$<BOOL:${ZI_SANITIZE}>>:-Wl,-z,defs>)
set_target_properties(zirconia PROPERTIES
	LINKER_LANGUAGE C LINK_DEPENDS ${ZI_MAP}
	VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})

# One relocatable object makes the archive. With many members, a weak answer of a call that is not emulated could be pulled in
# and keep the strong one out; and one object lets internal names become local, as the version script does for the shared library.
file(STRINGS ${ZI_MAP} zi_globals REGEX "^[\t ]*[a-z_]+[*]?;")
list(FILTER zi_globals EXCLUDE REGEX "^[\t ]*local")
list(TRANSFORM zi_globals STRIP)
list(TRANSFORM zi_globals REPLACE ";$" "")
list(TRANSFORM zi_globals PREPEND "--keep-global-symbol=")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${ZI_MAP})
set(zi_one ${CMAKE_CURRENT_BINARY_DIR}/zirconia.o)
add_custom_command(OUTPUT ${zi_one}
	COMMAND ${CMAKE_LINKER} -r -o ${zi_one} $<TARGET_OBJECTS:zi_objects>
	COMMAND ${CMAKE_OBJCOPY} --wildcard ${zi_globals} ${zi_one}
	DEPENDS zi_objects $<TARGET_OBJECTS:zi_objects> ${ZI_MAP}
	COMMAND_EXPAND_LISTS VERBATIM COMMENT "Joining the objects of libzirconia.a")
add_library(zirconia_static STATIC ${zi_one})
set_source_files_properties(${zi_one} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
target_link_libraries(zirconia_static PUBLIC Threads::Threads)
set_target_properties(zirconia_static PROPERTIES LINKER_LANGUAGE C OUTPUT_NAME zirconia)

foreach(target IN ITEMS zirconia zirconia_static)
	target_include_directories(${target} INTERFACE
		$<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endforeach()
add_library(zirconia::zirconia ALIAS zirconia)
add_library(zirconia::zirconia_static ALIAS zirconia_static)

# Programs written for Fuchsia say -lzircon.
add_custom_command(TARGET zirconia POST_BUILD
	COMMAND ${CMAKE_COMMAND} -E create_symlink libzirconia.so ${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/libzircon.so VERBATIM)
add_custom_command(TARGET zirconia_static POST_BUILD
	COMMAND ${CMAKE_COMMAND} -E create_symlink libzirconia.a ${CMAKE_ARCHIVE_OUTPUT_DIRECTORY}/libzircon.a VERBATIM)

# Programs whose system calls touch memory that a pager has to supply: LD_PRELOAD=libzirconia-io.so.
file(GLOB ZI_PRELOAD_SOURCES CONFIGURE_DEPENDS src/preload/*.c)
add_library(zirconia-io SHARED ${ZI_PRELOAD_SOURCES})
target_include_directories(zirconia-io PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/include)
target_compile_definitions(zirconia-io PRIVATE _GNU_SOURCE)
target_link_libraries(zirconia-io PRIVATE zi_warnings ${CMAKE_DL_LIBS})
set_target_properties(zirconia-io PROPERTIES C_VISIBILITY_PRESET hidden)

# The inspector as a file system (zirconia/fs.h): loaded when somebody asks for it, so that nothing else needs libfuse.
find_package(PkgConfig QUIET)
if(PKG_CONFIG_FOUND)
	pkg_check_modules(fuse3 QUIET IMPORTED_TARGET fuse3>=3.10)
endif()
if(fuse3_FOUND)
	file(GLOB ZI_FS_SOURCES CONFIGURE_DEPENDS src/fs/*.c)
	add_library(zirconia-fs MODULE ${ZI_FS_SOURCES})
	target_include_directories(zirconia-fs PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/include ${CMAKE_CURRENT_SOURCE_DIR}/src)
	target_compile_definitions(zirconia-fs PRIVATE _GNU_SOURCE)
	target_link_libraries(zirconia-fs PRIVATE zi_warnings zi_sanitize PkgConfig::fuse3 Threads::Threads)
	target_link_options(zirconia-fs PRIVATE -Wl,-z,nodelete $<$<NOT:$<BOOL:${ZI_SANITIZE}>>:-Wl,-z,defs>)
	set_target_properties(zirconia-fs PROPERTIES C_VISIBILITY_PRESET hidden)
	# Whoever builds the library gets what it may load.
	add_dependencies(zirconia zirconia-fs)
else()
	message(STATUS "libfuse3 (libfuse3-dev) is not there: built without libzirconia-fs.so, the mounted inspector")
endif()
