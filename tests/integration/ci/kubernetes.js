// Checks of Kubernetes manifests by the API's schema, as `kubectl apply --validate=strict` makes them, which needs a cluster.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import Ajv from 'ajv';

const require = createRequire(import.meta.url);
const validator = (name) =>
  require(fileURLToPath(new URL(`node_modules/kubernetes-models/_schemas/${name}.js`, import.meta.url))).validate;

const kinds = {
  'batch/v1 Job': validator('IoK8sApiBatchV1Job'),
  'v1 PersistentVolumeClaim': validator('IoK8sApiCoreV1PersistentVolumeClaim'),
  'v1 Pod': validator('IoK8sApiCoreV1Pod'),
};
const podTemplate = validator('IoK8sApiCoreV1PodTemplateSpec');

/// What the MPI Operator's CRD has on top of Kubernetes' own kinds (pkg/apis/kubeflow/v2beta1 of its sources).
const count = { type: 'integer', minimum: 0 };
const object = (properties, required = []) => ({ type: 'object', properties, required, additionalProperties: false });
const replicas = (restartPolicies) =>
  object({ replicas: count, template: { type: 'object' }, restartPolicy: { enum: restartPolicies } }, ['template']);
const mpiJob = new Ajv({ allErrors: true }).compile(
  object(
    {
      apiVersion: { const: 'kubeflow.org/v2beta1' },
      kind: { const: 'MPIJob' },
      metadata: { type: 'object', required: ['name'] },
      spec: object(
        {
          slotsPerWorker: count,
          runLauncherAsWorker: { type: 'boolean' },
          sshAuthMountPath: { type: 'string' },
          launcherCreationPolicy: { enum: ['AtStartup', 'WaitForWorkersReady'] },
          mpiImplementation: { enum: ['OpenMPI', 'Intel', 'MPICH'] },
          runPolicy: object({
            cleanPodPolicy: { enum: ['None', 'Running', 'All'] },
            ttlSecondsAfterFinished: count,
            activeDeadlineSeconds: count,
            backoffLimit: count,
            suspend: { type: 'boolean' },
          }),
          mpiReplicaSpecs: object({ Launcher: replicas(['Never', 'OnFailure']), Worker: replicas(['Never', 'OnFailure']) }, ['Launcher']),
        },
        ['mpiReplicaSpecs'],
      ),
    },
    ['apiVersion', 'kind', 'metadata', 'spec'],
  ),
);

const asText = (place) => (error) => `${place}${error.instancePath} ${error.message ?? error.keyword} ${JSON.stringify(error.params)}`;

/// The value, and the places in it that are read.
function observed(value, read, place) {
  if (value === null || typeof value !== 'object') return value;
  return new Proxy(value, {
    get(target, key) {
      const member = Reflect.get(target, key);
      if (typeof key === 'symbol' || typeof member === 'function' || !Object.hasOwn(target, key)) return member;
      read.add(`${place}/${key}`);
      return observed(member, read, `${place}/${key}`);
    },
  });
}

function places(value, place) {
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, member]) => [`${place}/${key}`, ...places(member, `${place}/${key}`)]);
}

/// The API ignores keys that it does not know, and so do its schemas: keys that a validator has not read are unknown.
function problemsBy(validate, value, place) {
  const read = new Set();
  if (!validate(observed(value, read, place))) return validate.errors.map(asText(place));
  return places(value, place)
    .filter((at) => !read.has(at))
    .map((at) => `${at} is unknown`);
}

/// Problems of a manifest as texts; none: it is valid.
export function kubernetesProblems(manifest) {
  if (manifest.kind === 'MPIJob') {
    if (!mpiJob(manifest)) return mpiJob.errors.map(asText(''));
    return Object.entries(manifest.spec.mpiReplicaSpecs).flatMap(([name, { template }]) =>
      problemsBy(podTemplate, template, `/spec/mpiReplicaSpecs/${name}/template`),
    );
  }
  const validate = kinds[`${manifest.apiVersion} ${manifest.kind}`];
  return validate ? problemsBy(validate, manifest, '') : [`${manifest.apiVersion} ${manifest.kind} is unknown`];
}
