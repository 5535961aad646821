# Read by cpack. Depends: the packages of the shared libraries that the program is linked with, by dpkg-shlibdeps. Those of libloadsim_mpi.so
# are not among them: only ranks load it, and say how to get Open MPI where it is missing.
if(NOT CPACK_GENERATOR STREQUAL "DEB")
  return()
endif()
file(MAKE_DIRECTORY ${CPACK_LOADSIM_FOLDER}/debian)
file(WRITE ${CPACK_LOADSIM_FOLDER}/debian/control "Source: loadsim\n\nPackage: loadsim\nArchitecture: any\n") # dpkg-shlibdeps requires it
execute_process(
  COMMAND dpkg-shlibdeps -O ${CPACK_LOADSIM_PROGRAM}
  WORKING_DIRECTORY ${CPACK_LOADSIM_FOLDER}
  OUTPUT_VARIABLE dependencies
  COMMAND_ERROR_IS_FATAL ANY)
if(NOT dependencies MATCHES "shlibs:Depends=([^\n]+)")
  message(FATAL_ERROR "dpkg-shlibdeps found no library of ${CPACK_LOADSIM_PROGRAM}: ${dependencies}")
endif()
set(CPACK_DEBIAN_PACKAGE_DEPENDS ${CMAKE_MATCH_1})
