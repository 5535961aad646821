# The Debian package, by CPack; scripts/package builds it, with the preset `package`. It has what Install.cmake installs, and
# the changelog that Debian requires.
set(LOADSIM_MAINTAINER "loadsim maintainers <loadsim@example.org>" CACHE STRING "Who answers for the package: name <address>")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME loadsim)
set(CPACK_PACKAGE_VERSION ${loadsim_version})
set(CPACK_PACKAGE_CONTACT ${LOADSIM_MAINTAINER})
set(CPACK_STRIP_FILES ON)
set(CPACK_THREADS 1) # xz with several makes other bytes
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_SOURCE_DIR}/cmake/PackageDepends.cmake)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT) # loadsim_VERSION_ARCHITECTURE.deb
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS mosquitto) # the embedded target
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "openmpi-bin, openssh-client, python3, xdg-utils") # ranks, ranks on other hosts, a scenario's program, --open
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "load tester for connected-car platforms")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "loadsim simulates a fleet of vehicles, sends remote commands through the
API of a platform at a planned rate, and lets each vehicle respond over
MQTT 5.0 or 3.1.1 as a scenario says. It measures every request from the
instant it was due until the platform announces its completion, and ends
with a report, a verdict and an exit code.
.
Without a platform it runs against one of its own, with mosquitto as its
broker: loadsim run quickstart")

# The changelog has one entry, this version's.
set(package_texts ${PROJECT_BINARY_DIR}/package)
string(TIMESTAMP package_date "%a, %d %b %Y %H:%M:%S +0000" UTC) # of SOURCE_DATE_EPOCH, if it is set
configure_file(deploy/debian/changelog.in ${package_texts}/changelog @ONLY)
execute_process(COMMAND gzip -9nf ${package_texts}/changelog COMMAND_ERROR_IS_FATAL ANY)
install(FILES ${package_texts}/changelog.gz DESTINATION ${loadsim_documentation})

set(CPACK_LOADSIM_PROGRAM ${PROJECT_BINARY_DIR}/src/app/loadsim)
set(CPACK_LOADSIM_FOLDER ${package_texts})
include(CPack)
