"""The places where MLflow's tests start Python's server or open its database, led to a server of ours instead.

Three layers, each for other files of the suite:
    server    tests that start an HTTP server themselves
    tracking  tests of the fluent and the client API, whose default is a database in a file: it becomes a server
    store     tests of the SQL stores: the fixture becomes the client's REST store over a server
"""

import contextlib
import sys

from mlflow_conformance.servers import server


def redirect_server():
    """Before any test module is imported: they take these names from here."""
    import mlflow.server.handlers as handlers
    import tests.tracking.integration_test_utils as utils

    wanted = {}

    def remember(backend_store_uri=None, registry_store_uri=None, default_artifact_root=None, *_, **__):
        wanted.update(backend_uri=backend_store_uri, artifact_root=default_artifact_root)

    class ServerThread:
        def __init__(self, app, port):
            self.port = port

        def __enter__(self):
            self.server = server(wanted.pop("backend_uri", None), wanted.pop("artifact_root", None))
            return self.server.__enter__()

        def __exit__(self, *_):
            self.server.__exit__(None, None, None)

    @contextlib.contextmanager
    def init_server(backend_uri, root_artifact_uri, extra_env=None, app=None, server_type="fastapi"):
        import mlflow
        import pytest

        if app:
            pytest.skip("the test brings a Python application of its own")
        mlflow.set_tracking_uri(None)
        database = backend_uri if str(backend_uri).startswith("sqlite") else None
        with server(database, root_artifact_uri, extra_env=extra_env) as url:
            yield url

    handlers.initialize_backend_stores = remember
    utils.ServerThread, utils._init_server = ServerThread, init_server


def redirect_artifact_server():
    """After collection: this module defines its launcher itself."""

    @contextlib.contextmanager
    def launch(host, port, backend_store_uri, default_artifact_root, artifacts_destination):
        with server(backend_store_uri, default_artifact_root, artifacts_destination, port=port):
            yield None

    if module := sys.modules.get("tests.tracking.test_mlflow_artifacts"):
        module._launch_server = launch


def redirect_tracking():
    import mlflow.tracking._tracking_service.utils as utils

    use = utils._use_tracking_uri

    @contextlib.contextmanager
    def use_tracking_uri(uri):
        if not str(uri).startswith("sqlite"):
            with use(uri):
                yield
            return
        with server(uri) as url, use(url):
            yield

    utils._use_tracking_uri = use_tracking_uri


def rest_store(fixture, request):
    """What the fixture `store` gives instead, or None where it is not that of a SQL store."""
    path = str(request.node.path)
    if "tests/store/tracking/" in path:
        from mlflow.store.tracking.rest_store import RestStore
    elif "tests/store/model_registry/" in path:
        from mlflow.store.model_registry.rest_store import RestStore
    else:
        return None
    from mlflow.utils.rest_utils import MlflowHostCreds

    running = server()
    url = running.__enter__()
    fixture.addfinalizer(lambda: running.__exit__(None, None, None))
    store = _with_defaults(RestStore)(lambda: MlflowHostCreds(url))
    fixture.cached_result = (store, fixture.cache_key(request), None)
    return store


def _with_defaults(RestStore):
    """The SQL store has defaults which the REST store expects of its caller."""
    from mlflow.entities import ViewType

    class WithDefaults(RestStore):
        def create_run(self, experiment_id, user_id, start_time, tags=None, run_name=None):
            return super().create_run(experiment_id, user_id, start_time, tags or [], run_name)

        def search_experiments(
            self, view_type=ViewType.ACTIVE_ONLY, max_results=1000, filter_string=None, order_by=None, page_token=None
        ):
            return super().search_experiments(view_type, max_results, filter_string, order_by, page_token)

        def log_batch(self, run_id, metrics=(), params=(), tags=()):
            return super().log_batch(run_id, metrics, params, tags)

    return WithDefaults
