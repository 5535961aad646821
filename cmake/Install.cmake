# What `cmake --install` writes: the program with its MPI module, scenarios, schemas, documentation, manual page and completion scripts.
set(loadsim_documentation share/doc/loadsim)

install(TARGETS loadsim RUNTIME DESTINATION bin)
if(LOADSIM_MPI)
  # ../lib/loadsim of the program is where src/cluster/mpi_module.cpp searches. Not executable, as libraries of Debian.
  install(TARGETS loadsim_mpi LIBRARY DESTINATION lib/loadsim PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
endif()
install(DIRECTORY scenarios/ DESTINATION share/loadsim/scenarios FILES_MATCHING PATTERN "*.yaml")
# External programs of scenarios, which loadsim executes.
install(DIRECTORY scenarios/ DESTINATION share/loadsim/scenarios
        FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE
        FILES_MATCHING PATTERN "*.py")
install(DIRECTORY docs/schema/ DESTINATION share/loadsim/schema FILES_MATCHING PATTERN "*.json")
install(FILES README.md ARCHITECTURE.md CHANGELOG.md DESTINATION ${loadsim_documentation})
install(DIRECTORY docs/ DESTINATION ${loadsim_documentation}/docs FILES_MATCHING PATTERN "*.md" PATTERN schema EXCLUDE)
install(FILES data/example_variants.yaml DESTINATION ${loadsim_documentation}/data) # linked by docs/tune.md
install(FILES deploy/debian/copyright DESTINATION ${loadsim_documentation}) # also of what the program has embedded

# The installed program prints manual page, schema and completion scripts at installation: a build does not wait for them.
install(CODE "
  set(prefix \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}\")
  set(texts \"${PROJECT_BINARY_DIR}/texts\")
  file(REMOVE_RECURSE \"\${texts}\")
  function(print_text destination name)
    set(text \"\${texts}/\${destination}/\${name}\")
    file(MAKE_DIRECTORY \"\${texts}/\${destination}\")
    execute_process(COMMAND \"\${prefix}/bin/loadsim\" \${ARGN} OUTPUT_FILE \"\${text}\" COMMAND_ERROR_IS_FATAL ANY)
    if(name MATCHES [[[.]1$]])
      execute_process(COMMAND gzip -9n \"\${text}\" COMMAND_ERROR_IS_FATAL ANY) # without name and time
      string(APPEND text .gz)
    endif()
    file(INSTALL DESTINATION \"\${CMAKE_INSTALL_PREFIX}/\${destination}\" TYPE FILE
         PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ FILES \"\${text}\")
  endfunction()
  print_text(share/man/man1 loadsim.1 man)
  print_text(share/loadsim/schema scenario.schema.json schema)
  print_text(share/bash-completion/completions loadsim completion bash)
  print_text(share/zsh/vendor-completions _loadsim completion zsh)
  print_text(share/fish/vendor_completions.d loadsim.fish completion fish)
")
